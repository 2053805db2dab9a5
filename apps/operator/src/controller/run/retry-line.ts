import { isBug, isOnlyOutdated } from '../errors.ts';

/** Failures in a row that are expected when other clients change or delete objects: the cache learns of that within their delays, 0.2 s. */
const OUTDATED_ATTEMPTS = 6;

/** Level and text of the log line about a reconcile that failed and is tried again. @param failures in a row, this one included. */
export function retryLine(error: unknown, failures: number): { readonly level: 'info' | 'warn' | 'error'; readonly message: string } {
  if (isBug(error))
    return { level: 'error', message: 'a reconcile failed because of a bug: please report it with this line; trying again' };
  if (isOnlyOutdated(error) && failures <= OUTDATED_ATTEMPTS)
    return { level: 'info', message: 'an object was changed or deleted at the same time, trying again' };
  return { level: 'warn', message: 'cannot reconcile, trying again' };
}

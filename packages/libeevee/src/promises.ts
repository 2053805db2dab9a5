import { types } from 'node:util';

/** Whether its `then` is that of the class, and creates promises of the class. */
const isPlainPromise = (answer: object): answer is Promise<unknown> =>
  types.isPromise(answer) &&
  Object.getPrototypeOf(answer) === Promise.prototype &&
  !Object.hasOwn(answer, 'then') &&
  !Object.hasOwn(answer, 'constructor');

/**
 * The result of a function as a promise, or `undefined` when it is not thenable. Never throws: if `then` throws, when read or when called,
 * the result is a rejected promise.
 *
 * @example
 * const pending = pendingOf(handler(message));
 * if (pending === undefined) done();
 * else pending.then(done, failed);
 */
export function pendingOf(answer: unknown): Promise<unknown> | undefined {
  if ((typeof answer !== 'object' && typeof answer !== 'function') || answer === null) return undefined;
  try {
    if (isPlainPromise(answer)) return answer;
    if (typeof Reflect.get(answer, 'then') === 'function') return new Promise((resolve) => resolve(answer));
    return undefined;
  } catch (error) {
    return Promise.reject(error instanceof Error ? error : new TypeError('the answer of a handler cannot be read', { cause: error }));
  }
}

/**
 * The promise of work that has ended. All such work shares it, so that whoever is given it can tell without waiting; see {@link workLeft}.
 */
export const DONE: Promise<void> = Promise.resolve();

/**
 * The result of a function as a promise, if something is left to wait for: `undefined` for {@link DONE}, which handlers often return as the
 * result of an answer, and for what is not thenable. Never throws, as {@link pendingOf}.
 */
export const workLeft = (answer: unknown): Promise<unknown> | undefined => (answer === DONE ? undefined : pendingOf(answer));

/**
 * Returns the same promise, which may be ignored: a rejection that the caller does not handle does not end the process.
 */
export function ignorable<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined);
  return promise;
}

/**
 * The result of the work, unless it takes too long. The timer does not keep the process alive.
 *
 * @throws the failure when the work has not ended within the limit, in milliseconds.
 */
export async function withinLimit<Value>(work: Promise<Value>, { limitMs, failure }: { limitMs: number; failure: Error }): Promise<Value> {
  const timeUp = Promise.withResolvers<never>();
  const timer = setTimeout(() => timeUp.reject(failure), limitMs).unref();
  try {
    return await Promise.race([work, timeUp.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The result of work that often ends at once, as a promise that may be ignored like that of {@link ignorable}.
 *
 * @param work returns a promise only if something is left to wait for.
 */
export function ignorableResult(work: () => Promise<void> | undefined): Promise<void> {
  try {
    const pending = work();
    return pending === undefined ? DONE : ignorable(pending);
  } catch (error) {
    return ignorable(Promise.reject(error as Error));
  }
}

import type { Ended } from './module-process.ts';

/** Exit code of Node.js when nothing can settle an `await` at the top level of a module any more. */
const UNSETTLED_AWAIT = 13;

/** The end of a process for users. @example shownEnd({ code: 1, signal: null }); // 'exit code 1' */
export function shownEnd({ code, signal }: Ended): string {
  if (signal !== null) return signal;
  return code === UNSETTLED_AWAIT
    ? `exit code ${code}: it waits outside its functions for a promise that nothing settles`
    : `exit code ${code}`;
}

/** Time until work is reported for the first time, and then again. */
const FIRST_MS = 5_000;
const AGAIN_MS = 30_000;

/**
 * Reports work that takes long, after five seconds and then every half minute.
 *
 * @returns ends the reports: the work is done.
 */
export function reportWhileRunning(report: (seconds: number) => void): () => void {
  const startedMs = performance.now();
  const say = (): void => {
    report(Math.round((performance.now() - startedMs) / 1_000));
    timer = setTimeout(say, AGAIN_MS).unref();
  };
  let timer = setTimeout(say, FIRST_MS).unref();
  return () => clearTimeout(timer);
}

/** Captured, because a test may replace them while the harness runs. */
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

/** Advances faked timers, in milliseconds. */
export type AdvanceTimers = (ms: number) => unknown;

/** The clock that vitest, jest and sinon attach to the timers that they fake. */
function fakedClock(): { tickAsync(ms: number): Promise<unknown> } | undefined {
  const clock: unknown = Reflect.get(globalThis.setTimeout, 'clock');
  return typeof clock === 'object' && clock !== null && 'tickAsync' in clock
    ? (clock as { tickAsync(ms: number): Promise<unknown> })
    : undefined;
}

/** Advances the timers of this process; `undefined` if they are not faked. */
export function timersMover(given: AdvanceTimers | undefined): AdvanceTimers | undefined {
  if (given !== undefined) return given;
  const clock = fakedClock();
  return clock === undefined ? undefined : (ms) => clock.tickAsync(ms);
}

/** The result of the work, or `undefined` when the time limit is reached first. */
export async function endedWithin<Value>(limitMs: number, work: Promise<Value>): Promise<{ readonly value: Value } | undefined> {
  const timeUp = Promise.withResolvers<undefined>();
  const timer = startTimer(() => timeUp.resolve(undefined), limitMs);
  try {
    return await Promise.race([work.then((value) => ({ value })), timeUp.promise]);
  } finally {
    stopTimer(timer);
  }
}

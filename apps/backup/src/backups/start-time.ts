/** Clocks of machines and stores differ by minutes at most; larger differences come from a machine without the right time. */
const MOST_CLOCK_SKEW_MS = 24 * 3_600_000;

/**
 * Start of a backup. A machine that starts without the time, such as a board without a battery, may be years behind; its backups would count
 * as the oldest, and be removed first. The time of the store then replaces the start. (A machine that is ahead needs no correction: a backup
 * cannot start after it was stored.)
 *
 * @param given.startedAt by the clock of this machine.
 * @param given.storedAt by the clock of the store, at the end of the upload or at its beginning; undefined when unknown.
 * @param given.durationMs from the start to the end of the upload.
 * @example
 * startTime({ startedAt: new Date(0), storedAt: new Date('2026-11-29T03:00:00Z'), durationMs: 1000 }); // 2026-11-29T02:59:59Z
 */
export function startTime(given: { readonly startedAt: Date; readonly storedAt: Date | undefined; readonly durationMs: number }): Date {
  const { startedAt, storedAt, durationMs } = given;
  // Some stores report no time, which reads as 1970.
  if (storedAt === undefined || storedAt.getTime() <= 0) return startedAt;
  const byStoreMs = storedAt.getTime() - durationMs;
  return byStoreMs - startedAt.getTime() > MOST_CLOCK_SKEW_MS ? new Date(byStoreMs) : startedAt;
}

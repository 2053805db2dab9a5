/** Outcome of a Job that a status records. */
interface Outcome {
  /** RFC 3339. */
  readonly time: string;
  readonly result: string;
}

/** How far the clocks of the control plane may be ahead of the operator's. */
const AHEAD_MS = 3_600_000;

/** Whether a time comes from a clock that was ahead: everything that has ended since has an earlier time. */
export const isAhead = (time: string, now: Date): boolean => Date.parse(time) - now.getTime() > AHEAD_MS;

/** The latest of several RFC 3339 times of one format, which sort as text. A time that {@link isAhead} is used only if there is no other. */
export function latestTime(times: readonly (string | undefined)[], now: Date): string | undefined {
  const known = times.filter((time) => time !== undefined).toSorted();
  return known.findLast((time) => !isAhead(time, now)) ?? known.at(-1);
}

/**
 * The newest of the observed outcomes and the known one: Jobs and their pods are removed after a while.
 * For the same outcome, the more detailed version is kept, which was read while its pod still existed.
 */
export function newestOutcome<T extends Outcome>(known: T | undefined, seen: readonly T[], now: Date): T | undefined {
  return seen.reduce<T | undefined>((newest, outcome) => {
    if (newest === undefined || (outcome.time !== newest.time && latestTime([outcome.time, newest.time], now) === outcome.time))
      return outcome;
    const isTheSame = outcome.time === newest.time && outcome.result === newest.result;
    return isTheSame && Object.keys(outcome).length > Object.keys(newest).length ? outcome : newest;
  }, known);
}

/** Outcome of a Job that a status records. */
interface Outcome {
  /** RFC 3339. */
  readonly time: string;
  readonly result: string;
}

/**
 * The newest of the observed outcomes and the known one: Jobs and their pods are removed after a while.
 * For the same outcome, the more detailed version is kept, which was read while its pod still existed.
 */
export function newestOutcome<T extends Outcome>(known: T | undefined, seen: readonly T[]): T | undefined {
  return seen.reduce<T | undefined>((newest, outcome) => {
    if (newest === undefined || outcome.time > newest.time) return outcome;
    const isTheSame = outcome.time === newest.time && outcome.result === newest.result;
    return isTheSame && Object.keys(outcome).length > Object.keys(newest).length ? outcome : newest;
  }, known);
}

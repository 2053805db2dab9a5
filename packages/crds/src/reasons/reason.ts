import type { ConditionStatus } from '../conditions.ts';

/**
 * How a resource with a reason develops, which the conditions `Reconciling` and `Stalled` say:
 * - `settled`: it is in the state that was asked for;
 * - `reconciling`: a change is being carried out and ends on its own;
 * - `waiting`: something else has to change first (another resource, a server, a quota), and is looked for all the time;
 * - `stalled`: only a change of the spec, or a user who removes the cause, ends it.
 */
export type Progress = 'settled' | 'reconciling' | 'waiting' | 'stalled';

/** One reason of a condition. */
export interface Reason {
  /** Status of the condition with this reason. */
  readonly status: ConditionStatus;
  readonly progress: Progress;
  /** Whether an event is recorded when a resource gets this reason: a user should act on it, or is waiting for its end. */
  readonly worrying: boolean;
  /** When it is given. */
  readonly when: string;
  /** The user's next step. */
  readonly fix: string;
}

/** The reasons of one kind. */
export type Reasons = Readonly<Record<string, Reason>>;

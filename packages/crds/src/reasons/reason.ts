/** Whether a condition holds. */
export type ConditionStatus = 'True' | 'False' | 'Unknown';

/**
 * Progress of a resource with a reason, which the conditions `Reconciling` and `Stalled` report:
 * - `settled`: it is in the desired state;
 * - `reconciling`: a change is being carried out and ends on its own;
 * - `waiting`: something else has to change first (another resource, a server, a quota), and the operator keeps checking;
 * - `stalled`: only a change of the spec, or a user who removes the cause, ends it.
 */
export type Progress = 'settled' | 'reconciling' | 'waiting' | 'stalled';

/** One reason of a condition. */
export interface Reason {
  /** Status of the condition with this reason. */
  readonly status: ConditionStatus;
  readonly progress: Progress;
  /** Whether an event is recorded when a resource gets this reason: a user should act, or waits for its end. */
  readonly worrying: boolean;
  /** Situation in which a resource has the reason. */
  readonly when: string;
  /** The user's next step. */
  readonly fix: string;
}

/** The reasons of one kind. */
export type Reasons = Readonly<Record<string, Reason>>;

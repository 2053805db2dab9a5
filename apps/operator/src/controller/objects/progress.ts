import { withCondition, type NewCondition, type StatusCondition } from './status.ts';

/**
 * Progress of a resource, by the reason of its `Ready`: in the requested state, on the way there, waiting for something
 * else, or stuck until a user changes something.
 */
type Progress = 'settled' | 'reconciling' | 'waiting' | 'stalled';

/** `Ready` as a reconciler states it; status and progress follow from the kind's table of reasons. */
export interface StatedReady<Reason extends string = string> {
  readonly reason: Reason;
  readonly message: string;
}

/** For each reason of a kind's `Ready`: its status and its progress. */
export type ReadyReasons<Reason extends string = string> = Readonly<
  Record<Reason, { readonly status: NewCondition['status']; readonly progress: Progress }>
>;

/**
 * The conditions `Ready`, `Reconciling` and `Stalled` of a resource, in this order. All three are always present: generic tools
 * judge a resource only by the latter two, and treat an absent condition as False.
 *
 * @see https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md#conditions
 */
export function readinessConditions<Reason extends string>(
  { reason, message }: StatedReady<Reason>,
  reasons: ReadyReasons<Reason>,
): readonly NewCondition[] {
  const { status, progress } = reasons[reason];
  const about = (type: string, holds: boolean): NewCondition => ({
    type,
    status: holds ? 'True' : 'False',
    reason,
    message: holds ? message : '',
  });
  return [
    { type: 'Ready', status, reason, message },
    about('Reconciling', progress === 'reconciling'),
    about('Stalled', progress === 'stalled'),
  ];
}

/** Only the conditions that are stated now: known ones keep their places, and also their times while unchanged. */
export function restatedConditions(given: {
  readonly known: readonly StatusCondition[] | undefined;
  readonly stated: readonly NewCondition[];
  /** Generation of the resource that the conditions were computed from. */
  readonly generation: number;
  readonly now: Date;
}): readonly StatusCondition[] {
  const { known = [], stated, generation, now } = given;
  const kept = known.filter(({ type }) => stated.some((condition) => condition.type === type));
  return stated.reduce<readonly StatusCondition[]>(
    (conditions, condition) => withCondition(conditions, { ...condition, observedGeneration: generation }, now),
    kept,
  );
}

/** A condition as the API server stores it (metav1.Condition). */
export interface StatusCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  /** RFC 3339. */
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

/** A condition as a reconciler states it. */
export type NewCondition = Omit<StatusCondition, 'lastTransitionTime'>;

/** A status with conditions, of a resource of this project or a built-in one. */
interface Conditions<C> {
  readonly conditions?: readonly C[] | undefined;
}

/** The condition of this type, if the status has one. */
export const conditionOf = <C extends { readonly type: string }>(status: Conditions<C> | undefined, type: string): C | undefined =>
  status?.conditions?.find((condition) => condition.type === type);

/** The condition `Ready`, if the status has one. */
export const readyOf = <C extends { readonly type: string }>(status: Conditions<C> | undefined): C | undefined =>
  conditionOf(status, 'Ready');

/** Whether the condition `Ready` is True. */
export const isReady = (status: Conditions<{ readonly type: string; readonly status: string }> | undefined): boolean =>
  readyOf(status)?.status === 'True';

/**
 * `conditions` with `stated` in place of the one of the same type; the others are unchanged.
 * `lastTransitionTime` moves only when `status` moves.
 *
 * @see https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#typical-status-properties
 * @example
 * withCondition(resource.status?.conditions, { type: 'Ready', status: 'True', reason: 'Ready', message: '1/1 available' }, now);
 */
export function withCondition(
  conditions: readonly StatusCondition[] | undefined,
  stated: NewCondition,
  now: Date,
): readonly StatusCondition[] {
  const before = conditions?.find(({ type }) => type === stated.type);
  const lastTransitionTime = before?.status === stated.status ? before.lastTransitionTime : rfc3339Seconds(now);
  const condition: StatusCondition = { ...stated, lastTransitionTime };
  if (before === undefined) return [...(conditions ?? []), condition];
  return (conditions ?? []).map((other) => (other.type === stated.type ? condition : other));
}

/** A time as Kubernetes stores it: in whole seconds, so that the written value equals the one read back. */
function rfc3339Seconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

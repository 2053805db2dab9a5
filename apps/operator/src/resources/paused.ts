import { ANNOTATION } from '@eeveebot/contract';
import type { Condition } from '@eeveebot/crds';
import { withCondition } from '../controller/status.ts';
import type { KubeObject, ReconcileContext, ResourceType } from '../controller/types.ts';

/** Condition that says that the operator leaves a resource alone. */
const PAUSED = 'Paused';

/** The status that every kind has. */
interface CommonStatus {
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
}

/** Values that say that a resource is not paused. */
const NOT_PAUSED: ReadonlySet<string> = new Set(['false', 'no', 'off', '0']);

/** Before the message of a Ready that is as it was when the resource was paused. */
const LAST_KNOWN = 'Paused; as it was before: ';

/**
 * Whether a person asked the operator to leave this resource, and what belongs to it, alone. Any value says so but a plain no:
 * to go on although somebody wrote `yes` would do what they wanted to prevent.
 */
export function isPaused({ metadata }: KubeObject): boolean {
  const value = metadata.annotations?.[ANNOTATION.paused];
  return value !== undefined && !NOT_PAUSED.has(value.trim().toLowerCase());
}

/** Says in the status that the resource is paused, and that the rest of it is as it was; and in an event when that is new. */
export async function writePaused<T extends KubeObject & { status?: CommonStatus }>(
  type: ResourceType<T>,
  resource: T,
  { writer, events, now, signal }: ReconcileContext,
): Promise<void> {
  const { status, metadata } = resource;
  const value = metadata.annotations?.[ANNOTATION.paused] ?? '';
  const message = `annotation ${ANNOTATION.paused} is ${JSON.stringify(value)}: changes are not carried out; remove it to go on`;
  const isNew = !(status?.conditions ?? []).some(({ type: known }) => known === PAUSED);
  if (isNew) events.record(resource, { type: 'Normal', reason: PAUSED, message });
  const paused = {
    type: PAUSED,
    status: 'True' as const,
    reason: 'PausedByAnnotation',
    message,
    ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
  };
  const conditions = withCondition(notReconciling(status?.conditions, now)?.map(asLastKnown), paused, now);
  await writer.writeStatus<KubeObject & { status?: CommonStatus }>(type, resource, { ...status, conditions }, signal);
}

/** A rollout may go on, but the operator takes no part in it. */
function notReconciling(conditions: readonly Condition[] | undefined, now: Date): readonly Condition[] | undefined {
  const reconciling = conditions?.find(({ type, status }) => type === 'Reconciling' && status === 'True');
  if (reconciling === undefined) return conditions;
  return withCondition(conditions, { ...reconciling, status: 'False', reason: 'PausedByAnnotation', message: '' }, now);
}

function asLastKnown(condition: Condition): Condition {
  if (condition.type !== 'Ready' || condition.message.startsWith(LAST_KNOWN)) return condition;
  return { ...condition, message: `${LAST_KNOWN}${condition.message}` };
}

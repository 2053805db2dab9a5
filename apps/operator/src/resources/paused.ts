import { ANNOTATION, defined } from '@eeveebot/contract';
import type { Condition } from '@eeveebot/crds';
import type { KubeObject } from '../controller/objects/kube-object.ts';
import type { ResourceType } from '../controller/objects/resource-type.ts';
import { withCondition } from '../controller/objects/status.ts';
import type { ReconcileContext } from '../controller/run/definition.ts';
import { writeStatus } from './write-status.ts';

/** Condition of a resource that the operator does not reconcile. */
const PAUSED = 'Paused';

/** A resource whose status has the fields that all kinds share. */
export type ReportingResource = KubeObject & {
  readonly status?: { readonly observedGeneration?: number; readonly conditions?: readonly Condition[] };
};

/** Annotation values that mean that a resource is not paused. */
const NOT_PAUSED: ReadonlySet<string> = new Set(['false', 'no', 'off', '0']);

/** Prefix of the message of a Ready condition that dates from before the pause. */
const LAST_KNOWN = 'Paused; previous state:  ';

/**
 * Whether the annotation asks the operator not to touch this resource and its objects. Every value except a plain no counts, because
 * ignoring a `yes` would do what the user wanted to prevent.
 */
export function isPaused({ metadata }: KubeObject): boolean {
  const value = metadata.annotations?.[ANNOTATION.paused];
  return value !== undefined && !NOT_PAUSED.has(value.trim().toLowerCase());
}

/** Reports in the status that the resource is paused and that the rest dates from before; records an event when that is new. */
export async function writePaused<T extends ReportingResource>(
  type: ResourceType<T>,
  resource: T,
  context: ReconcileContext,
): Promise<void> {
  const { events, now } = context;
  const { status, metadata } = resource;
  const value = metadata.annotations?.[ANNOTATION.paused] ?? '';
  const message = `annotation ${ANNOTATION.paused} is ${JSON.stringify(value)}: changes are not applied; remove it to resume`;
  const isNew = !(status?.conditions ?? []).some(({ type: known }) => known === PAUSED);
  if (isNew) events.record(resource, { type: 'Normal', reason: PAUSED, message });
  const paused = {
    type: PAUSED,
    status: 'True' as const,
    reason: 'PausedByAnnotation',
    message,
    ...defined({ observedGeneration: metadata.generation }),
  };
  const conditions = withCondition(notReconciling(status?.conditions, now)?.map(asLastKnown), paused, now);
  await writeStatus<ReportingResource>(type, { resource, status: { ...status, conditions } }, context);
}

/** A rollout may continue, but the operator takes no part in it. */
function notReconciling(conditions: readonly Condition[] | undefined, now: Date): readonly Condition[] | undefined {
  const reconciling = conditions?.find(({ type, status }) => type === 'Reconciling' && status === 'True');
  if (reconciling === undefined) return conditions;
  return withCondition(conditions, { ...reconciling, status: 'False', reason: 'PausedByAnnotation', message: '' }, now);
}

function asLastKnown(condition: Condition): Condition {
  if (condition.type !== 'Ready' || condition.message.startsWith(LAST_KNOWN)) return condition;
  return { ...condition, message: `${LAST_KNOWN}${condition.message}` };
}

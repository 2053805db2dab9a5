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

/** Whether a person asked the operator to leave this resource, and what belongs to it, alone. */
export const isPaused = (resource: KubeObject): boolean => resource.metadata.annotations?.[ANNOTATION.paused] === 'true';

/** Says in the status that the resource is paused; everything else of it stays as it was. */
export async function writePaused<T extends KubeObject & { status?: CommonStatus }>(
  type: ResourceType<T>,
  resource: T,
  { writer, now, signal }: ReconcileContext,
): Promise<void> {
  const conditions = withCondition(
    resource.status?.conditions,
    {
      type: PAUSED,
      status: 'True',
      reason: 'PausedByAnnotation',
      message: `annotation ${ANNOTATION.paused} is "true": changes are not carried out; remove it to go on`,
      ...(resource.metadata.generation === undefined ? {} : { observedGeneration: resource.metadata.generation }),
    },
    now,
  );
  await writer.writeStatus<KubeObject & { status?: CommonStatus }>(type, resource, { ...resource.status, conditions }, signal);
}

/** The conditions of a resource that is reconciled, and so not paused. */
export const notPaused = (conditions: readonly Condition[] | undefined): readonly Condition[] =>
  (conditions ?? []).filter(({ type }) => type !== PAUSED);

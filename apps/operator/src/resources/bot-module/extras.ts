import { ApiError } from '../../controller/errors.ts';
import { isControlledBy } from '../../controller/other-controller.ts';
import type { Desired, KubeObject, ReconcileContext, ResourceType } from '../../controller/types.ts';
import { POD_DISRUPTION_BUDGET, SERVICE } from '../../kubernetes.ts';
import { recordApplied } from '../applied-events.ts';
import { desiredDisruptionBudget, desiredService } from './desired/extras.ts';
import type { ObservedModule } from './observe.ts';

/**
 * Applies what a module has beside its pods, and removes what it no longer asks for. A problem of one of these objects stops neither the
 * others nor the module.
 *
 * @returns what is wrong, one sentence for each object.
 */
export async function applyExtras(observed: ObservedModule, context: ReconcileContext): Promise<readonly string[]> {
  const { module, service, disruptionBudget } = observed;
  const problems = [
    await applyExtra({ type: SERVICE, desired: desiredService(module), existing: service }, observed, context),
    await applyExtra(
      { type: POD_DISRUPTION_BUDGET, desired: desiredDisruptionBudget(module), existing: disruptionBudget },
      observed,
      context,
    ),
  ];
  return problems.filter((problem) => problem !== undefined);
}

interface Extra<T extends KubeObject> {
  readonly type: ResourceType<T>;
  readonly desired: Desired<T> | undefined;
  readonly existing: T | undefined;
}

async function applyExtra<T extends KubeObject>(
  { type, desired, existing }: Extra<T>,
  { module }: ObservedModule,
  { writer, events, signal }: ReconcileContext,
): Promise<string | undefined> {
  const isOurs = existing !== undefined && isControlledBy(existing, module);
  try {
    if (desired === undefined) {
      if (isOurs && existing.metadata.deletionTimestamp === undefined) await writer.delete(type, existing, signal);
      return undefined;
    }
    if (existing !== undefined && !isOurs)
      return `${type.kind} ${existing.metadata.name} was not made for this module and is left as it is: delete or rename it`;
    recordApplied(module, await writer.apply(type, desired, signal), events);
    return undefined;
  } catch (error) {
    if (signal.aborted || !(error instanceof ApiError)) throw error;
    return `${type.kind} ${desired?.metadata.name ?? existing?.metadata.name ?? ''}: ${error.message}`;
  }
}

import type { BotModule, ExtrasInSyncReason } from '@eeveebot/crds';
import { ApiError, isAlreadyExists, isInvalid } from '../../controller/errors.ts';
import type { Desired } from '../../controller/objects/desired.ts';
import type { KubeObject } from '../../controller/objects/kube-object.ts';
import { markOf } from '../../controller/apply/difference.ts';
import { leftoverText } from '../../controller/objects/deletion.ts';
import { controllerOf, isControlledBy, isLeftover } from '../../controller/objects/owners.ts';
import type { ResourceType } from '../../controller/objects/resource-type.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { POD_DISRUPTION_BUDGET, SERVICE } from '../../resource-types/kubernetes.ts';
import { recordApplied } from '../applied-events.ts';
import { rejectionText } from '../rejection-text.ts';
import { desiredDisruptionBudget, desiredPodMonitor, desiredService } from './desired/extras.ts';
import { POD_MONITOR, scrapeTimesProblem } from './desired/pod-monitor.ts';
import type { ObservedModule } from './observe.ts';
import { moduleFields } from './own-fields.ts';

/** Reason why an object beside the pods does not match the spec. */
export interface ExtraProblem {
  /** `KindNotAvailable`: the cluster does not have the kind; a retry is useless until it does. */
  readonly reason: Exclude<ExtrasInSyncReason, 'Applied'>;
  readonly message: string;
  /** Refusal that may end at any time, such as one by a quota: thrown after the status has been written, so that the apply is retried. */
  readonly refusal?: ApiError;
}

const notApplied = (message: string): ExtraProblem => ({ reason: 'NotApplied', message });

const NO_PROBLEMS: readonly ExtraProblem[] = Object.freeze([]);

/** Whether a module neither has nor asks for such objects, as most modules. */
const hasNoExtras = ({ module, service, disruptionBudget, podMonitor }: ObservedModule): boolean =>
  service === undefined &&
  disruptionBudget === undefined &&
  podMonitor === undefined &&
  desiredService(module) === undefined &&
  desiredDisruptionBudget(module) === undefined &&
  desiredPodMonitor(module) === undefined;

/**
 * Applies the objects that a module has beside its pods, and removes those that its spec no longer asks for. A problem with one of them
 * stops neither the others nor the module.
 *
 * @returns the problems, one entry for each object.
 */
export async function applyExtras(observed: ObservedModule, context: ReconcileContext): Promise<readonly ExtraProblem[]> {
  const { module, service, disruptionBudget } = observed;
  if (hasNoExtras(observed)) return NO_PROBLEMS;
  const problems = [
    await applyExtra({ type: SERVICE, desired: desiredService(module), existing: service }, observed, context),
    await applyExtra(
      { type: POD_DISRUPTION_BUDGET, desired: desiredDisruptionBudget(module), existing: disruptionBudget },
      observed,
      context,
    ),
    await applyPodMonitor(observed, context),
  ];
  return problems.filter((problem) => problem !== undefined);
}

/** Sends no requests to an API server that does not know PodMonitors: the module is requeued when it does. */
async function applyPodMonitor(observed: ObservedModule, context: ReconcileContext): Promise<ExtraProblem | undefined> {
  const { module, podMonitor, podMonitorObstacle } = observed;
  const desired = desiredPodMonitor(module);
  if (podMonitorObstacle !== undefined) {
    return desired === undefined
      ? undefined
      : { reason: 'KindNotAvailable', message: `spec.podMonitor: no PodMonitor is created because ${podMonitorObstacle}` };
  }
  const problem = desired && scrapeTimesProblem(module);
  if (problem !== undefined) return notApplied(problem);
  return applyExtra({ type: POD_MONITOR, desired, existing: podMonitor }, observed, context);
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
): Promise<ExtraProblem | undefined> {
  try {
    if (desired === undefined) {
      if (isRemovable(existing, module)) await writer.delete(type, existing, signal);
      return undefined;
    }
    const obstacle = existing && obstacleText(existing, module);
    if (obstacle !== undefined) return notApplied(obstacle);
    recordApplied(module, [await writer.apply(type, desired, signal)], events);
    return undefined;
  } catch (error) {
    if (signal.aborted || !(error instanceof ApiError)) throw error;
    return refusedProblem(error, { kind: type.kind, name: (desired ?? existing)?.metadata.name ?? '' }, module);
  }
}

/** A refusal, with the fields as the BotModule has them if it names any, or else with the object. */
function refusedProblem(
  refusal: ApiError,
  { kind, name }: { readonly kind: string; readonly name: string },
  module: BotModule,
): ExtraProblem {
  const text = rejectionText(refusal.message, moduleFields(module, undefined));
  const problem = notApplied(text === refusal.message ? `${kind} ${name}: ${text}` : text);
  return isInvalid(refusal) || isAlreadyExists(refusal) ? problem : { ...problem, refusal };
}

/** Why an existing object is not changed. */
function obstacleText(existing: KubeObject, module: BotModule): string | undefined {
  if (isLeftover(existing, module)) return leftoverText(existing, module);
  if (isOurs(existing, module)) return undefined;
  return `${existing.kind} ${existing.metadata.name} was not created for this module and is not changed: delete or rename it`;
}

const isRemovable = <T extends KubeObject>(existing: T | undefined, module: BotModule): existing is T =>
  existing !== undefined && isOurs(existing, module) && existing.metadata.deletionTimestamp === undefined;

/**
 * Whether the operator created an object of this module's names. One that has lost its owner, because it was removed by hand or the
 * module was deleted with `--cascade=orphan`, still has the mark of the last apply.
 */
const isOurs = (existing: KubeObject, module: BotModule): boolean =>
  isControlledBy(existing, module) || (controllerOf(existing) === undefined && markOf(existing) !== undefined);

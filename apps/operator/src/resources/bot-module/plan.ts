import { isTerminating } from '../../backup-jobs/claim-marks.ts';
import { isHolding } from '../../backup-jobs/restores.ts';
import { endedPodsOf, volumeHolder, withHolderProblem } from '../../backup-jobs/volume-holder.ts';
import { delayedBy, leftoverText } from '../../controller/objects/deletion.ts';
import type { KubeObject } from '../../controller/objects/kube-object.ts';
import { controllerOf, isLeftover } from '../../controller/objects/owners.ts';
import { readyOf } from '../../controller/objects/status.ts';
import { natsConnection, type NatsConnection } from '../../nats/connection.ts';
import { firstVerdict } from '../first-verdict.ts';
import { sharedLabelProblem } from '../older-resource.ts';
import { bootstrapPhase, type BootstrapPhase } from './bootstrap.ts';
import type { ObservedModule } from './observe.ts';
import { isDeploymentOf } from './own-deployment.ts';
import { specProblems } from './spec.ts';

/** Next action for a module. */
export type ModulePlan =
  /**
   * The spec is invalid; running objects are left as they are until it is fixed. `retryAfterMs`: when to check again whether another resource
   * still has an object of this module's name.
   */
  | { readonly action: 'reject'; readonly message: string; readonly retryAfterMs?: number }
  /** A dependency does not exist yet; running objects are left as they are. */
  | { readonly action: 'wait'; readonly message: string }
  /** Must not run: no Deployment; its data stays. */
  | { readonly action: 'disable' }
  /** Must not run before its volume is restored. */
  | { readonly action: 'bootstrap'; readonly bootstrap: Exclude<BootstrapPhase, { phase: 'done' | 'restored' }> }
  | {
      readonly action: 'run';
      readonly nats: NatsConnection | undefined;
      readonly bootstrap: Extract<BootstrapPhase, { phase: 'done' | 'restored' }>;
      /** The BackupRestore, Job or pod that uses the volume exclusively: until it has ended there are no replicas. */
      readonly stoppedBy: string | undefined;
    };

/** Input of the decision. */
interface Facts {
  readonly observed: ObservedModule;
  readonly configProblem: string | undefined;
}

/** Changes of objects that are not a module's do not requeue the module. */
const TAKEN_NAME_MS = 10_000;

/** Reasons not to start or change the module, those that take precedence first. */
const OBSTACLES: readonly ((facts: Facts) => ModulePlan | undefined)[] = [leftovers, disabledModule, invalidSpec, terminatingVolume];

/**
 * Decides only from the observed state.
 *
 * @param configProblem problem with `moduleConfig`.
 */
export function modulePlan(observed: ObservedModule, configProblem?: string): ModulePlan {
  return firstVerdict(OBSTACLES, { observed, configProblem }) ?? startPlan(observed);
}

function leftovers({ observed }: Facts): ModulePlan | undefined {
  const message = leftoverOf(observed);
  return message === undefined ? undefined : { action: 'wait', message };
}

/** Problems of the spec, or names that other objects have, must not keep users from stopping a module. */
function disabledModule({ observed: { module } }: Facts): ModulePlan | undefined {
  return module.spec.enabled ? undefined : { action: 'disable' };
}

function invalidSpec({ observed, configProblem }: Facts): ModulePlan | undefined {
  const { module, ipcConfig, sameLabelModules } = observed;
  const taken = takenNames(observed);
  const sharedLabel = sharedLabelProblem(module, sameLabelModules);
  const nats = ipcConfig && natsConnection(ipcConfig);
  const problems = [
    ...specProblems(module, { config: configProblem, nats }),
    ...taken,
    ...(sharedLabel === undefined ? [] : [sharedLabel]),
  ];
  if (problems.length === 0) return undefined;
  return { action: 'reject', message: problems.join('; '), ...(taken.length > 0 && { retryAfterMs: TAKEN_NAME_MS }) };
}

function terminatingVolume({ observed }: Facts): ModulePlan | undefined {
  const message = terminatingClaim(observed);
  return message === undefined ? undefined : { action: 'wait', message };
}

/** Plan of an enabled module with a valid spec: first its volume, then its connection to NATS. */
function startPlan(observed: ObservedModule): ModulePlan {
  const bootstrap = bootstrapPhase(observed);
  if (bootstrap.phase !== 'done' && bootstrap.phase !== 'restored') return { action: 'bootstrap', bootstrap };
  const stoppedBy = stoppedByOf(observed);
  if (stoppedBy !== undefined && observed.deployment === undefined) {
    const { toolWork, eventCauses } = observed;
    const message = withHolderProblem(`${stoppedBy} restores the volume, and the module starts after it`, toolWork, eventCauses);
    return { action: 'bootstrap', bootstrap: { phase: 'waiting', message } };
  }
  const nats = moduleNats(observed);
  return typeof nats === 'string'
    ? { action: 'wait', message: `${nats}${whatRuns(observed)}` }
    : { action: 'run', nats, bootstrap, stoppedBy };
}

/** Connection of the module to NATS; `undefined` if it names no IpcConfig, or the reason why it is missing. */
function moduleNats({ module, ipcConfig }: ObservedModule): NatsConnection | string | undefined {
  const { ipcConfig: name } = module.spec;
  if (name === undefined) return undefined;
  if (ipcConfig === undefined)
    return `spec.ipcConfig names IpcConfig ${name}, which does not exist in namespace ${module.metadata.namespace}: create it or correct the name`;
  return natsConnection(ipcConfig) ?? `IpcConfig ${name} has no token and host yet: ${readyMessage(ipcConfig)}`;
}

/** The exclusive user of the volume: a restore that claimed it, or a Job or pod that may write to it, even if its resource is gone. */
export const stoppedByOf = (observed: ObservedModule): string | undefined =>
  observed.module.spec.persistentVolumeClaim === undefined ? undefined : exclusiveUserOf(observed);

/** The same even if the spec no longer has the volume, which pods of a former spec may use. */
export function exclusiveUserOf({ module, restores, jobs, jobPods }: ObservedModule): string | undefined {
  const holder = () => volumeHolder({ jobs, pods: jobPods }, { module: module.metadata.name });
  const restore = restores.find(isHolding);
  if (restore === undefined) return holder();
  // One that is being deleted only waits for its Job and pods.
  const name = `BackupRestore ${restore.metadata.name}`;
  return restore.metadata.deletionTimestamp === undefined ? name : (holder() ?? name);
}

/** Upper bound on the pods that a message names: the next ones are named when these are gone. */
const NAMED_PODS = 5;

/** No pod can start on a claim that is being deleted, and it is not known yet whether the next claim must be restored. */
function terminatingClaim({ module, volumeClaim, deployment, jobPods }: ObservedModule): string | undefined {
  if (module.spec.persistentVolumeClaim === undefined || volumeClaim === undefined || !isTerminating(volumeClaim)) return undefined;
  const { name } = volumeClaim.metadata;
  const runs = deployment !== undefined && (module.spec.size > 0 || (deployment.spec?.replicas ?? 1) > 0);
  const ended = endedPodsOf(jobPods, name).map(({ metadata }) => metadata.name);
  return [
    `volume claim ${name} is being deleted${delayedBy(volumeClaim)}`,
    ...(runs
      ? ['it and its data remain while the module runs: copy the data that you need, then set spec.size to 0 to release the claim']
      : []),
    ...(ended.length > 0 ? [`terminated pods keep it until they are deleted: ${ended.slice(0, NAMED_PODS).join(', ')}`] : []),
  ].join('; ');
}

const whatRuns = ({ deployment }: ObservedModule): string =>
  deployment === undefined || deployment.spec?.replicas === 0 ? '' : '; until then, the running module is left unchanged';

/**
 * Message while objects of a deleted module of the same name are still being garbage-collected. A Service or disruption budget that a
 * finalizer keeps, such as that of a load balancer, does not stop the pods.
 */
function leftoverOf({ module, deployment, configMap, bootstrapJob, service, disruptionBudget }: ObservedModule): string | undefined {
  const beside = [service, disruptionBudget].filter((object) => object?.metadata.deletionTimestamp === undefined);
  const leftover = [deployment, configMap, bootstrapJob, ...beside].find((object) => object !== undefined && isLeftover(object, module));
  return leftover && leftoverText(leftover, module);
}

/** Problems with objects of this module's names that are not the module's: they must not be adopted. */
function takenNames({ module, deployment, configMap }: ObservedModule): readonly string[] {
  const controlled = [deployment, configMap].flatMap((existing) => {
    const controller = existing && foreignController(existing, module);
    return controller === undefined ? [] : [`${existing?.kind} ${existing?.metadata.name} belongs to ${controller}: ${FREE_NAME}`];
  });
  if (controlled.length > 0 || deployment === undefined || isDeploymentOf(deployment, module)) return controlled;
  return [`Deployment ${deployment.metadata.name} was not created for this module and selects other pods: ${FREE_NAME}`];
}

const FREE_NAME = 'delete it or give this module another name';

function foreignController(existing: KubeObject, owner: KubeObject): string | undefined {
  const controller = controllerOf(existing);
  return controller === undefined || controller.uid === owner.metadata.uid ? undefined : `${controller.kind} ${controller.name}`;
}

function readyMessage({ status }: NonNullable<ObservedModule['ipcConfig']>): string {
  return readyOf(status)?.message ?? 'not reconciled yet';
}

import { moduleSelector } from '@eeveebot/contract';
import type { BotModule, BotModuleReason, BotModuleStatus } from '@eeveebot/crds';
import { withCondition, type NewCondition } from '../../controller/status.ts';
import { deploymentHealth, type WorkloadHealth } from '../../workload/workload-health.ts';
import { notPaused } from '../paused.ts';
import type { ObservedModule } from './observe.ts';
import type { ModulePlan } from './plan.ts';

type Ready = Pick<NewCondition, 'status' | 'message'> & { readonly reason: BotModuleReason };

/** Ready's status for each phase of the Deployment. */
const STATUS_OF_PHASE = { Creating: 'Unknown', Updating: 'Unknown', Ready: 'True', Unavailable: 'False' } as const;

/**
 * The whole status of a module, computed afresh: only conditions of other types, `lastBackup` and the
 * time at which an unchanged condition last moved are taken from the old one.
 *
 * @param rejection what the API server said when it refused one of the module's objects.
 */
export function moduleStatus(given: {
  readonly observed: ObservedModule;
  readonly plan: ModulePlan;
  readonly rejection: string | undefined;
  readonly now: Date;
}): BotModuleStatus {
  const { module, deployment, pods } = given.observed;
  const health = deployment === undefined ? undefined : deploymentHealth(deployment, pods);
  const ready = given.rejection === undefined ? readyCondition(given.plan, health) : rejected(given.rejection);
  const generation = module.metadata.generation ?? 0;
  const lastBackup = module.status?.lastBackup;
  return {
    observedGeneration: generation,
    conditions: withCondition(notPaused(module.status?.conditions), { type: 'Ready', ...ready, observedGeneration: generation }, given.now),
    replicas: health?.replicas ?? 0,
    readyReplicas: health?.readyReplicas ?? 0,
    selector: selectorText(module),
    ...(deployment === undefined ? {} : imageOf(deployment)),
    ...(lastBackup === undefined ? {} : { lastBackup }),
  };
}

function readyCondition(plan: ModulePlan, health: WorkloadHealth | undefined): Ready {
  switch (plan.action) {
    case 'reject':
      return rejected(plan.message);
    case 'wait':
      return { status: 'Unknown', reason: 'Pending', message: plan.message };
    case 'disable':
      return { status: 'False', reason: 'Disabled', message: 'spec.enabled is false: the module does not run, its data is kept' };
    case 'run':
      return health === undefined
        ? { status: 'Unknown', reason: 'Creating', message: 'the Deployment is being created' }
        : { status: STATUS_OF_PHASE[health.phase], reason: health.phase, message: health.message };
  }
}

const rejected = (message: string): Ready => ({ status: 'False', reason: 'InvalidSpec', message });

/** The scale subresource wants its selector as text. */
const selectorText = (module: BotModule): string =>
  Object.entries(moduleSelector(module.metadata.name))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');

function imageOf(deployment: NonNullable<ObservedModule['deployment']>): { image?: string } {
  const image = deployment.spec?.template.spec?.containers[0]?.image;
  return image === undefined ? {} : { image };
}

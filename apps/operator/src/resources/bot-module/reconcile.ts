import { createHash } from 'node:crypto';
import { isInvalid } from '../../controller/errors.ts';
import type { Reconcile, ReconcileContext } from '../../controller/types.ts';
import { CONFIG_MAP, DEPLOYMENT, PERSISTENT_VOLUME_CLAIM } from '../../kubernetes.ts';
import { isPaused, writePaused } from '../paused.ts';
import { BOT_MODULE } from '../types.ts';
import { desiredConfigMap } from './desired/config-map.ts';
import { desiredDeployment, strategyPatch } from './desired/deployment.ts';
import { desiredVolumeClaim } from './desired/volume-claim.ts';
import { recordApplied } from '../applied-events.ts';
import { recordReadiness } from './events.ts';
import { observeModule, type ObservedModule } from './observe.ts';
import { modulePlan, type ModulePlan } from './plan.ts';
import { moduleStatus } from './status.ts';

/** What a module's reconciler must know of the operator's own configuration. */
export interface ModuleSettings {
  /** URL of the operator's HTTP API, for modules with `mountOperatorApiToken`. */
  readonly operatorApiUrl: string;
}

/** Brings a module's Deployment, ConfigMap and volume claim to what the BotModule says. */
export function botModuleReconciler(settings: ModuleSettings): Reconcile {
  return async (key, context) => {
    const observed = observeModule(key, context.cache);
    // A deleted module's objects are garbage-collected through their ownerReferences; its claim stays.
    if (observed === undefined || observed.module.metadata.deletionTimestamp !== undefined) return;
    if (isPaused(observed.module)) return writePaused(BOT_MODULE, observed.module, context);

    const plan = modulePlan(observed);
    const rejection = await carryOut(plan, observed, settings, context);

    // What was applied is in the cache already, so the status speaks of the world as it is now.
    const after = observeModule(key, context.cache) ?? observed;
    const status = moduleStatus({ observed: after, plan, rejection, now: context.now });
    recordReadiness(after.module, status, context.events);
    await context.writer.writeStatus(BOT_MODULE, after.module, status, context.signal);
  };
}

/** @returns what the API server said if it refused an object as invalid: a fault of the spec, not worth a retry. */
async function carryOut(
  plan: ModulePlan,
  observed: ObservedModule,
  settings: ModuleSettings,
  context: ReconcileContext,
): Promise<string | undefined> {
  try {
    if (plan.action === 'disable') await removeDeployment(observed, context);
    if (plan.action === 'run') await applyModule(plan, observed, settings, context);
    return undefined;
  } catch (error) {
    if (isInvalid(error)) return error.message;
    throw error;
  }
}

async function applyModule(
  { nats }: Extract<ModulePlan, { action: 'run' }>,
  observed: ObservedModule,
  settings: ModuleSettings,
  { writer, events, signal }: ReconcileContext,
): Promise<void> {
  const { module, configMap } = observed;
  const claim = desiredVolumeClaim(module);
  if (claim !== undefined) recordApplied(module, await writer.apply(PERSISTENT_VOLUME_CLAIM, claim, signal), events);

  const config = desiredConfigMap(module);
  if (config !== undefined) recordApplied(module, await writer.apply(CONFIG_MAP, config, signal), events);

  const configChecksum = module.spec.restartOnConfigChange ? checksum(module.spec.moduleConfig ?? '') : undefined;
  const deployment = desiredDeployment({ module, nats, operatorApiUrl: settings.operatorApiUrl, configChecksum });
  const patch = strategyPatch(observed.deployment, deployment);
  if (patch !== undefined) await writer.patch(DEPLOYMENT, deployment.metadata, patch, signal);
  recordApplied(module, await writer.apply(DEPLOYMENT, deployment, signal), events);

  // Last, since pods of the old template may still mount it.
  if (config === undefined && configMap !== undefined) await writer.delete(CONFIG_MAP, configMap, signal);
}

async function removeDeployment({ module, deployment }: ObservedModule, { writer, events, signal }: ReconcileContext): Promise<void> {
  if (deployment === undefined || deployment.metadata.deletionTimestamp !== undefined) return;
  if (await writer.delete(DEPLOYMENT, deployment, signal)) {
    events.record(module, {
      type: 'Normal',
      reason: 'Disabled',
      message: `Deleted Deployment ${deployment.metadata.name}; the data is kept`,
    });
  }
}

const checksum = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

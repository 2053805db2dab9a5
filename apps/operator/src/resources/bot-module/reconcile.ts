import { createHash } from 'node:crypto';
import { moduleSelector } from '@eeveebot/contract';
import type { BotModule } from '@eeveebot/crds';
import type { BackupSearch } from '../../backup/search.ts';
import { isHolding } from '../../backup/restores.ts';
import { ApiError, isInvalid } from '../../controller/errors.ts';
import { canonicalJson } from '../../controller/json.ts';
import type { KubeObject, Reconcile, ReconcileContext } from '../../controller/types.ts';
import { CONFIG_MAP, DEPLOYMENT, PERSISTENT_VOLUME_CLAIM, type Deployment } from '../../kubernetes.ts';
import { ConfigCheck } from '../../module-config/config-check.ts';
import { strategyPatch } from '../../workload/strategy-patch.ts';
import { recordApplied } from '../applied-events.ts';
import { asPlanned } from '../as-planned.ts';
import { isPaused, writePaused } from '../paused.ts';
import { BACKUP_JOB, BOT_MODULE } from '../types.ts';
import { ApiTokenChecksums } from './api-token-checksum.ts';
import { desiredConfigMap } from './desired/config-map.ts';
import { desiredDeployment } from './desired/deployment.ts';
import { desiredVolumeClaim } from './desired/volume-claim.ts';
import { recordReadiness } from './events.ts';
import { observeModule, type ObservedModule } from './observe.ts';
import { modulePlan, type ModulePlan } from './plan.ts';
import { startBootstrap, type Found } from './start-bootstrap.ts';
import { moduleStatus } from './status.ts';

/** What a module's reconciler must be given. */
export interface ModuleSettings {
  /** URL of the operator's HTTP API, for modules with `mountOperatorApiToken`. */
  readonly operatorApiUrl: string;
  /** Image of the backup tool unless a module names another. */
  readonly backupImage: string;
  readonly backupSearch: BackupSearch;
}

/** Brings a module's Deployment, ConfigMap, volume claim and first restore to what the BotModule says. */
export function botModuleReconciler(settings: ModuleSettings): Reconcile {
  const apiTokens = new ApiTokenChecksums();
  const configs = new ConfigCheck();
  return async (key, context) => {
    const observed = observeModule(key, context.cache);
    // A deleted module's objects are garbage-collected through their ownerReferences; its claim stays.
    if (observed === undefined || observed.module.metadata.deletionTimestamp !== undefined) return;
    if (isPaused(observed.module)) return writePaused(BOT_MODULE, observed.module, context);

    const config = configs.of(observed.module.spec.moduleConfig, context);
    const plan = modulePlan(observed, config === 'being checked' ? undefined : config.problem);
    // Whatever the text may be, a module can be stopped.
    if (config === 'being checked' && plan.action !== 'disable') return;

    const outcome = await carryOut(plan, observed, { settings, apiTokens, context });

    // What was applied is in the cache already, so the status speaks of the world as it is now.
    const latest = observeModule(key, context.cache) ?? observed;
    const after = { ...latest, module: asPlanned(observed.module, latest.module) };
    const status = moduleStatus({ observed: after, plan, outcome, now: context.now });
    recordReadiness(after.module, status, context.events);
    if (outcome.refusal !== undefined)
      context.events.record(after.module, { type: 'Warning', reason: 'Refused', message: outcome.refusal.message });
    await context.writer.writeStatus(BOT_MODULE, after.module, status, context.signal);
    if (outcome.refusal !== undefined) throw outcome.refusal;
    if (outcome.rejection !== undefined) return { isRejected: true };
    return outcome.found?.retryAfterMs === undefined ? {} : { requeueAfterMs: outcome.found.retryAfterMs };
  };
}

interface Means {
  readonly settings: ModuleSettings;
  readonly apiTokens: ApiTokenChecksums;
  readonly context: ReconcileContext;
}

/** What carrying out a plan came to. */
export interface ModuleOutcome {
  /** What the API server said if it refused an object as invalid: a fault of the spec, or of rules there that may change. */
  readonly rejection?: string;
  /** The API server refused a request for now. */
  readonly refusal?: ApiError;
  /** What looking for the backup of a bootstrap gave. */
  readonly found?: Found | undefined;
}

async function carryOut(plan: ModulePlan, observed: ObservedModule, means: Means): Promise<ModuleOutcome> {
  try {
    switch (plan.action) {
      case 'run':
        await applyModule(plan, observed, means);
        return {};
      case 'bootstrap':
        await applyVolumeClaim(observed, { live: false }, means.context);
        return plan.bootstrap.phase === 'look'
          ? { found: await startBootstrap(observed, plan.bootstrap.store, means.settings, means.context) }
          : {};
      case 'disable':
        await removeDeployment(observed, means.context);
        if (observed.restores.some(isHolding)) await applyVolumeClaim(observed, { live: false }, means.context);
        return {};
      case 'wait':
      case 'reject':
        await stopForRestore(observed, means.context);
        return {};
    }
  } catch (error) {
    if (means.context.signal.aborted || !(error instanceof ApiError)) throw error;
    if (isInvalid(error)) return { rejection: error.message };
    // Quota, rights, a webhook: a person has to see it, and it is tried again.
    return { refusal: error };
  }
}

async function applyModule(
  { nats, bootstrap, stoppedBy }: Extract<ModulePlan, { action: 'run' }>,
  observed: ObservedModule,
  { settings, apiTokens, context }: Means,
): Promise<void> {
  const { module, configMap } = observed;
  const { writer, events, signal } = context;
  await applyVolumeClaim(observed, { live: true }, context);
  // Only after the claim says that the volume is restored: or it would be restored again.
  if (bootstrap.phase === 'restored') await writer.delete(BACKUP_JOB, bootstrap.job, signal);

  const config = desiredConfigMap(module);
  if (config !== undefined) recordApplied(module, await writer.apply(CONFIG_MAP, config, signal), events);

  const configChecksum = module.spec.restartOnConfigChange ? checksum(module.spec.moduleConfig ?? '') : undefined;
  const stopped = stoppedBy !== undefined;
  const apiTokenChecksum = await apiTokens.of(observed, context);
  const { operatorApiUrl } = settings;
  const deployment = desiredDeployment({ module, nats, operatorApiUrl, configChecksum, apiTokenChecksum, stopped });
  const patch = strategyPatch(observed.deployment, deployment);
  if (patch !== undefined) await writer.patch(DEPLOYMENT, deployment.metadata, patch, signal);
  recordApplied(module, await writer.apply(DEPLOYMENT, deployment, signal), events);

  // Last, since pods of the old template may still mount it.
  if (config === undefined && configMap !== undefined && isOurs(configMap, module)) await writer.delete(CONFIG_MAP, configMap, signal);
}

async function applyVolumeClaim(
  { module }: ObservedModule,
  given: { readonly live: boolean },
  { writer, events, signal }: ReconcileContext,
): Promise<void> {
  const claim = desiredVolumeClaim(module, given);
  if (claim !== undefined) recordApplied(module, await writer.apply(PERSISTENT_VOLUME_CLAIM, claim, signal), events);
}

/** What runs is otherwise left as it is; but a volume that is being restored must not be in use. */
async function stopForRestore({ deployment, restores }: ObservedModule, { writer, signal }: ReconcileContext): Promise<void> {
  if (deployment === undefined || deployment.spec?.replicas === 0 || !restores.some(isHolding)) return;
  const { namespace = '', name } = deployment.metadata;
  await writer.patch(DEPLOYMENT, { namespace, name }, { spec: { replicas: 0 } }, signal);
}

async function removeDeployment({ module, deployment }: ObservedModule, { writer, events, signal }: ReconcileContext): Promise<void> {
  if (deployment === undefined || deployment.metadata.deletionTimestamp !== undefined) return;
  if (!isOurs(deployment, module) && !isAdoptable(deployment, module)) return;
  if (await writer.delete(DEPLOYMENT, deployment, signal)) {
    events.record(module, {
      type: 'Normal',
      reason: 'Disabled',
      message: `Deleted Deployment ${deployment.metadata.name}; the data is kept`,
    });
  }
}

/** Made or adopted for this module: a namesake of somebody else stays. */
const isOurs = ({ metadata }: KubeObject, module: BotModule): boolean =>
  metadata.ownerReferences?.some(({ uid }) => uid === module.metadata.uid) === true;

/** A Deployment that former releases made: nobody controls it, and it selects this module's pods. */
const isAdoptable = ({ metadata, spec }: Deployment, module: BotModule): boolean =>
  metadata.ownerReferences?.some(({ controller }) => controller === true) !== true &&
  canonicalJson(spec?.selector.matchLabels ?? {}) === canonicalJson(moduleSelector(module.metadata.name));

const checksum = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

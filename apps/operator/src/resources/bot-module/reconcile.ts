/**
 * A module: observed state → plan (`plan.ts`; `bootstrap.ts` decides about the first restore) → volume (`volume.ts`), Deployment
 * (`desired/`, guarded by `start-guard.ts` while another pod may write to the volume) and further objects (`extras.ts`) → status.
 */
import { hash } from 'node:crypto';
import { defined, moduleDeploymentName } from '@eeveebot/contract';
import { BOT_MODULE_REASONS, type BotModule } from '@eeveebot/crds';
import { ApiTokenChecksums } from '../../api-token/api-token-checksums.ts';
import type { BackupTool } from '../../backup-jobs/backup-tool.ts';
import { isLive } from '../../backup-jobs/claim-marks.ts';
import type { VolumeLocks } from '../../backup-jobs/volume-lock.ts';
import type { Applied } from '../../controller/apply/writer.ts';
import { ApiError, isInvalid } from '../../controller/errors.ts';
import type { Desired } from '../../controller/objects/desired.ts';
import type { KubeObject } from '../../controller/objects/kube-object.ts';
import { isControlledBy } from '../../controller/objects/owners.ts';
import type { Reconcile, ReconcileContext } from '../../controller/run/definition.ts';
import { ConfigCheck } from '../../module-config/config-check.ts';
import { strategyPatch } from '../../pod-building/strategy-patch.ts';
import { BACKUP_JOB, BOT_MODULE } from '../../resource-types/kinds.ts';
import { CONFIG_MAP, DEPLOYMENT, type Deployment } from '../../resource-types/kubernetes.ts';
import type { SecretValues } from '../../secrets/secret-values.ts';
import type { BackupSearch } from '../../stores/search.ts';
import { recordApplied } from '../applied-events.ts';
import { reconcileResource } from '../reconcile-resource.ts';
import { Refusals } from '../refusals.ts';
import { desiredConfigMap } from './desired/config-map.ts';
import { desiredDeployment } from './desired/deployment.ts';
import type { DeploymentInput } from './desired/deployment-input.ts';
import { recordObstacle, recordProblems } from './events.ts';
import { applyExtras } from './extras.ts';
import { isFirstProgress } from './first-progress.ts';
import { observeModule, type ObservedModule } from './observe.ts';
import { hasExtraProblems, type ModuleOutcome } from './outcome.ts';
import { ownDeployment } from './own-deployment.ts';
import { modulePlan, stoppedByOf, type ModulePlan } from './plan.ts';
import { claimToRecord } from './recorded-claim.ts';
import { replicasMeanwhile, replicasOf } from './replicas.ts';
import { SecretVariableChecksums } from './secret-checksum.ts';
import { mayHaveSingleWriter } from './single-writer.ts';
import { startBootstrap } from './start-bootstrap.ts';
import { StartGuard, type HeldBack } from './start-guard.ts';
import { moduleStatus } from './status.ts';
import { ModuleVolumes } from './volume.ts';

/** Settings and shared objects of the BotModule reconciler. */
export interface ModuleSettings {
  /** URL of the operator's HTTP API, for modules with `mountOperatorApiToken`. */
  readonly operatorApiUrl: string;
  readonly backupTool: BackupTool;
  readonly backupSearch: BackupSearch;
  readonly secrets: SecretValues;
  /** Shared with the reconciler of BackupRestores. */
  readonly volumeLocks: VolumeLocks;
}

/** Delay until the API server is asked again about a holder that is not in the cache yet. */
const HELD_MS = 5_000;

/** Brings a module's Deployment, ConfigMap, volume claim and first restore to the state that the BotModule specifies. */
export function botModuleReconciler(settings: ModuleSettings): Reconcile {
  const apiTokens = new ApiTokenChecksums(settings.secrets);
  const variables = new SecretVariableChecksums(settings.secrets);
  const configs = new ConfigCheck();
  const volumes = new ModuleVolumes();
  const guard = new StartGuard(settings.volumeLocks);
  return reconcileResource<BotModule, ObservedModule, Done>({
    type: BOT_MODULE,
    reasons: BOT_MODULE_REASONS,
    // A deleted module's objects are garbage-collected through their ownerReferences; its claim stays.
    observe: observeModule,
    resourceOf: ({ module }) => module,
    withResource: (observed, module) => ({ ...observed, module }),
    async carryOut(observed, context) {
      const config = configs.of(observed.module.spec, context);
      const plan = modulePlan(observed, config === 'being checked' ? undefined : config.problem);
      // A module can be stopped whatever its moduleConfig contains.
      if (config === 'being checked' && plan.action !== 'disable') return undefined;
      const carriedOut = await carryOut(plan, observed, { settings, apiTokens, variables, volumes, guard, context });
      const isKnown = plan.action !== 'wait' && plan.action !== 'reject';
      const outcome = isKnown ? { ...carriedOut, extraProblems: await applyExtras(observed, context) } : carriedOut;
      return { plan, outcome };
    },
    isPostponable: ({ module }, { plan }, status) =>
      plan.action === 'run' && plan.stoppedBy === undefined && isFirstProgress(module, status),
    report(observed, { plan, outcome }, now) {
      const status = moduleStatus({ observed, plan, outcome, now });
      return {
        status,
        record(events) {
          recordProblems(observed.module, status, events);
          recordObstacle(observed, plan, events);
          if (outcome.refusal !== undefined)
            events.record(observed.module, { type: 'Warning', reason: 'Refused', message: outcome.refusal.message });
        },
      };
    },
    conclude(_, { plan, outcome }) {
      const failure = outcome.refusal ?? outcome.extraProblems?.find((problem) => problem.refusal !== undefined)?.refusal;
      const isRejected = outcome.rejection !== undefined || hasExtraProblems(outcome);
      return { isRejected, ...defined({ failure, requeueAfterMs: retryAfterMs(plan, outcome) }) };
    },
  });
}

interface Done {
  readonly plan: ModulePlan;
  readonly outcome: ModuleOutcome;
}

/** Time until a module is reconciled again even if nothing changes. */
function retryAfterMs(plan: ModulePlan, { held, found, volume }: ModuleOutcome): number | undefined {
  if (held !== undefined) return HELD_MS;
  return plan.action === 'reject' ? plan.retryAfterMs : (found?.retryAfterMs ?? volume?.retryAfterMs);
}

interface Deps {
  readonly settings: ModuleSettings;
  readonly apiTokens: ApiTokenChecksums;
  readonly variables: SecretVariableChecksums;
  readonly volumes: ModuleVolumes;
  readonly guard: StartGuard;
  readonly context: ReconcileContext;
}

async function carryOut(plan: ModulePlan, observed: ObservedModule, deps: Deps): Promise<ModuleOutcome> {
  try {
    switch (plan.action) {
      case 'run':
        return await applyRecorded(plan, observed, deps);
      case 'bootstrap':
        return await carryOutBootstrap(plan.bootstrap, observed, deps);
      case 'disable':
        await removeDeployment(observed, 'the data is kept', deps.context);
        if (stoppedByOf(observed) !== undefined) await deps.volumes.apply(observed, { live: false }, deps.context);
        return {};
      case 'wait':
      case 'reject':
        return { held: await scaleMeanwhile(observed, deps) };
    }
  } catch (error) {
    if (deps.context.signal.aborted || !(error instanceof ApiError)) throw error;
    return outcomeOfRefusal(error);
  }
}

/** Prepares the volume of a module that does not run before its first restore. */
async function carryOutBootstrap(
  bootstrap: Extract<ModulePlan, { action: 'bootstrap' }>['bootstrap'],
  observed: ObservedModule,
  { settings, volumes, context }: Deps,
): Promise<ModuleOutcome> {
  if (bootstrap.phase === 'stopping') {
    await removeDeployment(observed, bootstrap.message, context);
    return {};
  }
  if (bootstrap.phase === 'outdated') await context.writer.delete(BACKUP_JOB, bootstrap.job, context.signal);
  const volume = await volumes.apply(observed, { live: false }, context);
  if (bootstrap.phase !== 'look') return { volume };
  return { volume, found: await startBootstrap(observed, bootstrap.store, settings, context) };
}

/** Outcome of a request that the API server refused, permanently or temporarily. */
const outcomeOfRefusal = (error: ApiError): ModuleOutcome => (isInvalid(error) ? { rejection: error.message } : { refusal: error });

type RunPlan = Extract<ModulePlan, { action: 'run' }>;

/** Applies the objects of a module, and records in one event which ones it made, even if another one was refused. */
async function applyRecorded(plan: RunPlan, observed: ObservedModule, deps: Deps): Promise<ModuleOutcome> {
  const applied: Applied<KubeObject>[] = [];
  try {
    return await applyModule(plan, observed, { ...deps, applied });
  } finally {
    recordApplied(observed.module, applied, deps.context.events);
  }
}

async function applyModule(
  { nats, bootstrap, stoppedBy }: RunPlan,
  observed: ObservedModule,
  { settings, apiTokens, variables, volumes, guard, context, applied }: Deps & { readonly applied: Applied<KubeObject>[] },
): Promise<ModuleOutcome> {
  const { module, configMap, volumeClaim } = observed;
  const { writer, signal } = context;
  // The Deployment needs the claim and the ConfigMap to exist. A refused change of either must not hold up the rest.
  const refusals = new Refusals(signal);
  const unlessNeeded = <T>(work: Promise<T>, exists: boolean) => (exists ? refusals.tolerate(work) : work);
  const volume = await unlessNeeded(volumes.apply(observed, { live: true }, context), isLive(volumeClaim));
  // Only after the claim is marked as restored: otherwise it would be restored again.
  if (bootstrap.phase === 'restored') await refusals.tolerate(writer.delete(BACKUP_JOB, bootstrap.job, signal));

  await unlessNeeded(applyConfigMap(module, context, applied), configMap !== undefined);
  const stopped = stoppedBy !== undefined;
  const held = await applyDeployment(observed, context, {
    input: {
      module,
      nats,
      operatorApiUrl: settings.operatorApiUrl,
      apiTokenChecksum: await apiTokens.of(observed, context),
      secretChecksum: await variables.of(observed, context),
      stopped,
      hasSingleWriter: mayHaveSingleWriter(observed),
      claimUid: claimToRecord(observed, stopped ? 0 : module.spec.size),
    },
    guard,
    applied,
  });
  const { first: refusal } = refusals;
  const outcome: ModuleOutcome = { held, volume, ...(refusal === undefined ? {} : outcomeOfRefusal(refusal)) };
  if (held !== undefined) return outcome;

  // Last, since pods of the old template may still mount it.
  if (module.spec.moduleConfig === undefined && configMap !== undefined && isControlledBy(configMap, module))
    await writer.delete(CONFIG_MAP, configMap, signal);
  return outcome;
}

/** Applies the ConfigMap of a module that has one, unless it is already what would be computed. */
async function applyConfigMap(module: BotModule, { writer, signal }: ReconcileContext, applied: Applied<KubeObject>[]): Promise<void> {
  const config = desiredConfigMap(module);
  const source = [module.metadata.uid, module.spec];
  if (config === undefined || writer.isDerived(CONFIG_MAP, config.metadata, source)) return;
  const result = await writer.apply(CONFIG_MAP, config, signal);
  writer.noteSource(CONFIG_MAP, result.object, source);
  applied.push(result);
}

/** Applies the Deployment, unless it is already what would be computed from `given.input`. */
async function applyDeployment(
  observed: ObservedModule,
  context: ReconcileContext,
  {
    input,
    guard,
    applied,
  }: { readonly input: Omit<DeploymentInput, 'configChecksum'>; readonly guard: StartGuard; readonly applied: Applied<KubeObject>[] },
): Promise<HeldBack | undefined> {
  const { writer, signal } = context;
  const { module, ...others } = input;
  const { namespace, name, uid } = module.metadata;
  const source = [uid, module.spec, ...Object.values(others)];
  if (writer.isDerived(DEPLOYMENT, { namespace, name: moduleDeploymentName(name) }, source)) return undefined;
  // The checksum is not part of the source, because it is computed from the spec.
  const deployment = desiredDeployment({ ...input, configChecksum: configChecksumOf(module) });
  const write = async (desired: Desired<Deployment>) => {
    const patch = strategyPatch(observed.deployment, desired);
    if (patch !== undefined) await writer.patch(DEPLOYMENT, desired.metadata, patch, signal);
    const result = await writer.apply(DEPLOYMENT, desired, signal);
    applied.push(result);
    return result.object;
  };
  const isOneAtATime = deployment.spec?.strategy?.type === 'Recreate';
  const guarded = {
    observed,
    replicas: deployment.spec?.replicas ?? 1,
    isDue: () => writer.isDue(DEPLOYMENT, deployment),
    stop: isOneAtATime ? async () => void (await write(withoutReplicas(deployment))) : undefined,
  };
  return guard.writeUnlessHeld(guarded, context, async () => {
    writer.noteSource(DEPLOYMENT, await write(deployment), source);
  });
}

const withoutReplicas = ({ spec, ...rest }: Desired<Deployment>): Desired<Deployment> => ({
  ...rest,
  ...(spec !== undefined && { spec: { ...spec, replicas: 0 } }),
});

/** Leaves the running module as it is, except that it is stopped for a restore and started afterwards. */
async function scaleMeanwhile(observed: ObservedModule, { guard, context }: Deps): Promise<HeldBack | undefined> {
  const deployment = ownDeployment(observed);
  if (deployment === undefined) return undefined;
  const replicas = replicasMeanwhile(observed);
  if (replicas === replicasOf(deployment)) return undefined;
  const { namespace = '', name, uid } = deployment.metadata;
  const guarded = { observed, replicas, keepsPods: true, isDue: () => Promise.resolve(true) };
  return guard.writeUnlessHeld(guarded, context, async () => {
    await context.writer.patch(DEPLOYMENT, { namespace, name }, { metadata: { uid }, spec: { replicas } }, context.signal);
  });
}

async function removeDeployment(observed: ObservedModule, because: string, { writer, events, signal }: ReconcileContext): Promise<void> {
  const deployment = ownDeployment(observed);
  if (deployment === undefined || deployment.metadata.deletionTimestamp !== undefined) return;
  if (await writer.delete(DEPLOYMENT, deployment, signal)) {
    const { module } = observed;
    events.record(module, {
      type: 'Normal',
      reason: module.spec.enabled ? 'Stopped' : 'Disabled',
      message: `Deleted Deployment ${deployment.metadata.name}; ${because}`,
    });
  }
}

const configChecksumOf = ({ spec }: BotModule): string | undefined =>
  spec.restartOnConfigChange ? checksum(spec.moduleConfig ?? '') : undefined;

const checksum = (text: string): string => hash('sha256', text).slice(0, 16);

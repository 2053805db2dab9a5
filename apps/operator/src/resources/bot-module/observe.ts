import {
  bootstrapJobName,
  labelValue,
  moduleConfigMapName,
  moduleDeploymentName,
  moduleDisruptionBudgetName,
  modulePodMonitorName,
  moduleServiceName,
  moduleVolumeClaimName,
  OPERATOR_API_TOKEN_SECRET_NAME,
} from '@eeveebot/contract';
import type { BackupSchedule, BotModule, IpcConfig, S3Store } from '@eeveebot/crds';
import { cronJobOf } from '../../backup-jobs/cron-jobs.ts';
import { BY_MODULE } from '../../backup-jobs/indexes.ts';
import { RESTORES_BY_MODULE } from '../../backup-jobs/restores.ts';
import { MODULES_BY_MODULE_NAME, type BackupCandidate } from '../../backup-jobs/target.ts';
import type { CacheReader } from '../../controller/cache/cache-reader.ts';
import type { ObjectKey } from '../../controller/objects/object-key.ts';
import { eventCausesIn, type EventCauses } from '../../diagnosis/event-causes.ts';
import {
  BACKUP_JOB,
  BACKUP_POD,
  BACKUP_RESTORE,
  BACKUP_SCHEDULE,
  BOT_MODULE,
  IPC_CONFIG,
  MODULE_POD,
  S3_STORE,
} from '../../resource-types/kinds.ts';
import {
  CONFIG_MAP,
  DEPLOYMENT,
  PERSISTENT_VOLUME_CLAIM,
  POD_DISRUPTION_BUDGET,
  SECRET,
  SERVICE,
  type ConfigMap,
  type CronJob,
  type Deployment,
  type Job,
  type PersistentVolumeClaim,
  type Pod,
  type PodDisruptionBudget,
  type Secret,
  type Service,
} from '../../resource-types/kubernetes.ts';
import { inNamespaceOf, sharingLabel } from '../watching.ts';
import { POD_MONITOR, type PodMonitor } from './desired/pod-monitor.ts';
import { mountedClaimNames } from './mounted-claims.ts';
import { watchedSecrets } from './watched-secrets.ts';

/** A module and all objects that affect it, as last observed. */
export interface ObservedModule extends BackupCandidate {
  /** Other modules whose pods would have the same labels. */
  readonly sameLabelModules: readonly BotModule[];
  /** The existing claims in `spec.volumes`, by name. */
  readonly mountedClaims: ReadonlyMap<string, PersistentVolumeClaim>;
  /** The IpcConfig that the module names, if it exists. */
  readonly ipcConfig: IpcConfig | undefined;
  readonly deployment: Deployment | undefined;
  readonly configMap: ConfigMap | undefined;
  readonly service: Service | undefined;
  readonly disruptionBudget: PodDisruptionBudget | undefined;
  readonly podMonitor: PodMonitor | undefined;
  /** Reason why there can be no PodMonitors; `undefined` when there can. */
  readonly podMonitorObstacle: string | undefined;
  /** The metadata of the existing Secrets whose change rolls the pods, by name. */
  readonly variableSecrets: ReadonlyMap<string, Secret>;
  /** The metadata of the Secret with the token for the operator's HTTP API. */
  readonly apiTokenSecret: Secret | undefined;
  readonly pods: readonly Pod[];
  /** The S3Store of `bootstrapFromBackup`, if it exists. */
  readonly bootstrapStore: S3Store | undefined;
  readonly bootstrapJob: Job | undefined;
  /** The BackupSchedule that the module names, if it exists, and the CronJob made for both. */
  readonly backupSchedule: BackupSchedule | undefined;
  readonly cronJob: CronJob | undefined;
  /** Backup and restore Jobs of the module, and their pods. */
  readonly jobs: readonly Job[];
  readonly jobPods: readonly Pod[];
  /** Events about its claim, its pods and its Jobs. */
  readonly eventCauses: EventCauses;
}

/** Reads all objects that affect a module from the cache, without a request. `undefined` when the module is gone. */
export function observeModule(key: ObjectKey, cache: CacheReader): ObservedModule | undefined {
  const module = cache.store(BOT_MODULE).get(key);
  if (module === undefined) return undefined;
  const { namespace, name } = key;
  const { ipcConfig, bootstrapFromBackup, backupSchedule, moduleName } = module.spec;
  const byLabel = inNamespaceOf(module, labelValue(name));
  const jobs = cache.store(BACKUP_JOB).byIndex(BY_MODULE, byLabel);
  const jobPods = cache.store(BACKUP_POD).byIndex(BY_MODULE, byLabel);
  return {
    module,
    sameNameModules: cache.store(BOT_MODULE).byIndex(MODULES_BY_MODULE_NAME, inNamespaceOf(module, moduleName)),
    sameLabelModules: sharingLabel(BOT_MODULE, module, cache),
    restores: cache.store(BACKUP_RESTORE).byIndex(RESTORES_BY_MODULE, inNamespaceOf(module, name)),
    volumeClaim: cache.store(PERSISTENT_VOLUME_CLAIM).get({ namespace, name: moduleVolumeClaimName(name) }),
    mountedClaims: mountedClaims(module, cache),
    ipcConfig: ipcConfig === undefined ? undefined : cache.store(IPC_CONFIG).get({ namespace, name: ipcConfig }),
    deployment: cache.store(DEPLOYMENT).get({ namespace, name: moduleDeploymentName(name) }),
    configMap: cache.store(CONFIG_MAP).get({ namespace, name: moduleConfigMapName(name) }),
    service: cache.store(SERVICE).get({ namespace, name: moduleServiceName(name) }),
    disruptionBudget: cache.store(POD_DISRUPTION_BUDGET).get({ namespace, name: moduleDisruptionBudgetName(name) }),
    podMonitor: cache.store(POD_MONITOR).get({ namespace, name: modulePodMonitorName(name) }),
    podMonitorObstacle: cache.store(POD_MONITOR).unavailableIn(namespace),
    variableSecrets: variableSecrets(module, cache),
    apiTokenSecret: cache.store(SECRET).get({ namespace, name: OPERATOR_API_TOKEN_SECRET_NAME }),
    pods: cache.store(MODULE_POD).byIndex(BY_MODULE, byLabel),
    bootstrapStore: bootstrapFromBackup && cache.store(S3_STORE).get({ namespace, name: bootstrapFromBackup.s3Store.name }),
    bootstrapJob: cache.store(BACKUP_JOB).get({ namespace, name: bootstrapJobName(name) }),
    backupSchedule: backupSchedule && cache.store(BACKUP_SCHEDULE).get({ namespace, name: backupSchedule.name }),
    cronJob: backupSchedule && cronJobOf('backup', { namespace, schedule: backupSchedule.name, module: name }, cache),
    jobs,
    jobPods,
    toolWork: { jobs, pods: jobPods },
    eventCauses: eventCausesIn(namespace, cache),
  };
}

const NO_CLAIMS: ReadonlyMap<string, PersistentVolumeClaim> = new Map();
const NO_SECRETS: ReadonlyMap<string, Secret> = new Map();

function mountedClaims({ metadata: { namespace }, spec }: BotModule, cache: CacheReader): ReadonlyMap<string, PersistentVolumeClaim> {
  if (spec.volumes === undefined) return NO_CLAIMS;
  const claims = mountedClaimNames(spec).map((name) => cache.store(PERSISTENT_VOLUME_CLAIM).get({ namespace, name }));
  return new Map(claims.filter((claim) => claim !== undefined).map((claim) => [claim.metadata.name, claim]));
}

function variableSecrets(module: BotModule, cache: CacheReader): ReadonlyMap<string, Secret> {
  const { namespace } = module.metadata;
  const watched = watchedSecrets(module);
  if (watched.length === 0) return NO_SECRETS;
  const secrets = watched.map(({ name }) => cache.store(SECRET).get({ namespace, name }));
  return new Map(secrets.filter((secret) => secret !== undefined).map((secret) => [secret.metadata.name, secret]));
}

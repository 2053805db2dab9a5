import type { BackupCommand } from '@eeveebot/contract';
import type { BackupRestore, BackupRestoreReason, BotModule, BotModuleSpec, IpcConfig, S3Store } from '@eeveebot/crds';
import type { Job, PersistentVolumeClaim, Pod } from '../../kubernetes.ts';
import { NO_WITNESSES } from '../../diagnosis/event-causes.ts';
import type { ObservedModule } from './observe.ts';

/** A module as the API server returns it, with defaults. For tests. */
export const botModule = (spec: Partial<BotModuleSpec> = {}, metadata: Partial<BotModule['metadata']> = {}): BotModule => ({
  apiVersion: 'eevee.bot/v1',
  kind: 'BotModule',
  metadata: { name: 'echo', namespace: 'bots', uid: 'uid-echo', generation: 3, ...metadata },
  spec: {
    moduleName: 'echo',
    image: 'eevee/echo:1',
    enabled: true,
    size: 1,
    metrics: false,
    metricsPort: 9000,
    volumeMountPath: '/data',
    mountOperatorApiToken: false,
    terminationGracePeriodSeconds: 30,
    restartOnConfigChange: false,
    automountServiceAccountToken: false,
    restartOnSecretChange: false,
    ...spec,
  },
});

/** An IpcConfig whose NATS server is up. For tests. */
export const readyIpcConfig: IpcConfig = {
  apiVersion: 'eevee.bot/v1',
  kind: 'IpcConfig',
  metadata: { name: 'bot', namespace: 'bots', uid: 'uid-bot', generation: 1 },
  spec: { nats: { managed: { enabled: true, imagePullPolicy: 'IfNotPresent', replicas: 1 }, token: { generate: true } } },
  status: { natsHost: 'eevee-bot-nats.bots.svc.cluster.local', tokenSecret: 'eevee-bot-nats-auth', authChecksum: 'c0ffee' },
};

/** A module and nothing else except `more`. For tests. */
export const observedModule = (spec: Partial<BotModuleSpec>, more: Partial<ObservedModule> = {}): ObservedModule => {
  const module = more.module ?? botModule(spec);
  return {
    module,
    namesakes: [module],
    restores: [],
    volumeClaim: undefined,
    toolWork: { jobs: [], pods: [] },
    ipcConfig: undefined,
    deployment: undefined,
    configMap: undefined,
    service: undefined,
    disruptionBudget: undefined,
    podMonitor: undefined,
    podMonitorObstacle: undefined,
    variableSecrets: new Map(),
    apiTokenSecret: undefined,
    pods: [],
    bootstrapStore: undefined,
    bootstrapJob: undefined,
    backupSchedule: undefined,
    cronJob: undefined,
    jobs: [],
    jobPods: [],
    witnesses: NO_WITNESSES,
    ...more,
  };
};

/** A restore of the module whose Ready condition has this reason. For tests. */
export const restoreThatIs = (reason: BackupRestoreReason): BackupRestore => ({
  apiVersion: 'eevee.bot/v1',
  kind: 'BackupRestore',
  metadata: { name: 'back', namespace: 'bots', uid: 'uid-back', generation: 1 },
  spec: {
    botModule: { name: 'echo' },
    s3Store: { name: 's3' },
    imagePullPolicy: 'IfNotPresent',
    cleanRestore: false,
    activeDeadlineSeconds: 3600,
    stopTimeoutSeconds: 600,
  },
  status: { conditions: [{ type: 'Ready', status: 'Unknown', reason, message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }] },
});

/** A store that is ready. For tests. */
export const readyStore: S3Store = {
  apiVersion: 'eevee.bot/v1',
  kind: 'S3Store',
  metadata: { name: 's3', namespace: 'bots', uid: 'uid-s3', generation: 1 },
  spec: {
    endpoint: 'https://s3.example.com',
    bucket: 'backups',
    accessId: { secretKeyRef: { secret: { name: 'keys' }, key: 'id' } },
    accessKey: { secretKeyRef: { secret: { name: 'keys' }, key: 'key' } },
    region: 'us-east-1',
    pathStyle: false,
    signatureV2: false,
    connectionTestIntervalSeconds: 300,
  },
  status: {
    conditions: [
      { type: 'Ready', status: 'True', reason: 'ConnectionSuccessful', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
    ],
  },
};

/** The module's claim, marked as live with `bootstrapped`. For tests. */
export const volumeClaim = ({ bootstrapped = false } = {}): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: {
    name: 'eevee-echo-module-pvc',
    namespace: 'bots',
    uid: 'uid-pvc',
    annotations: bootstrapped ? { 'eevee.bot/bootstrapped': 'true' } : {},
  },
});

/** A Job of the backup tool in the given state. For tests. */
export const toolJob = (
  condition: 'Complete' | 'Failed' | undefined,
  more: {
    reason?: string;
    deleted?: boolean;
    owner?: string;
    command?: BackupCommand;
    name?: string;
    annotations?: Record<string, string>;
  } = {},
): Job => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: {
    name: more.name ?? 'eevee-echo-bootstrap-restore',
    namespace: 'bots',
    uid: 'uid-job',
    labels: { 'app.kubernetes.io/component': more.command ?? 'backup' },
    ownerReferences: [{ apiVersion: 'eevee.bot/v1', kind: 'BotModule', name: 'echo', uid: more.owner ?? 'uid-echo', controller: true }],
    ...(more.annotations === undefined ? {} : { annotations: more.annotations }),
    ...(more.deleted === true ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
  },
  spec: { backoffLimit: 2, activeDeadlineSeconds: 60, template: {} },
  status: {
    conditions:
      condition === undefined
        ? []
        : [
            {
              type: condition,
              status: 'True',
              lastTransitionTime: '2026-01-01T00:00:09Z',
              ...(more.reason === undefined ? {} : { reason: more.reason }),
            },
          ],
  },
});

/** An ended pod of {@link toolJob}. For tests. */
export const toolPod = (exitCode: number, message: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'job-pod',
    namespace: 'bots',
    ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'eevee-echo-bootstrap-restore', uid: 'uid-job' }],
  },
  status: {
    phase: exitCode === 0 ? 'Succeeded' : 'Failed',
    containerStatuses: [
      {
        name: 'backup',
        image: 'x',
        imageID: 'x',
        ready: false,
        restartCount: 0,
        state: { terminated: { exitCode, message, finishedAt: '2026-01-01T00:00:08Z' } },
      },
    ],
  },
});

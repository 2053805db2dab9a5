import {
  BACKUP_APP_NAME,
  BACKUP_ENV,
  BACKUP_EXIT_CODES,
  commonLabels,
  LABEL,
  labelValue,
  moduleSelector,
  moduleVolumeClaimName,
} from '@eeveebot/contract';
import type { BotModule, S3Store } from '@eeveebot/crds';
import type { Affinity, EnvVar, JobSpec, PodSpec } from '../kubernetes.ts';
import { containerSecurityContext, podSecurityContext } from '../workload/security.ts';
import { storeEnvironment } from './store-environment.ts';

/** Container of a backup or restore pod. */
export const BACKUP_CONTAINER_NAME = 'backup';

/** Path of the volume in the container. */
const VOLUME_PATH = '/data';

/** Longest time that a pod gets to abort its upload or roll its restore back, in seconds. */
const GRACE_SECONDS = 60;

/** What a Job of the backup tool is made from. */
export interface BackupJob {
  readonly command: 'backup' | 'restore';
  readonly module: BotModule;
  readonly store: S3Store;
  readonly image: string;
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  /** Labels beyond those that every such Job carries. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Variables beyond those that name store, volume and module. */
  readonly env?: readonly EnvVar[];
  readonly affinity?: Affinity | undefined;
  readonly resources?: PodSpec['containers'][number]['resources'];
  readonly activeDeadlineSeconds?: number | undefined;
  readonly ttlSecondsAfterFinished?: number;
}

/** Labels of a backup or restore Job and its pods. They lack `app`, so that no module's Deployment selects them. */
export const backupLabels = ({ command, module, labels }: Pick<BackupJob, 'command' | 'module' | 'labels'>): Record<string, string> => ({
  ...labels,
  ...commonLabels({ name: BACKUP_APP_NAME, instance: module.metadata.name, component: command }),
  [LABEL.module]: labelValue(module.metadata.name),
});

/**
 * The Job that runs the backup tool over a module's volume: read-only for a backup. What waiting does not
 * mend (bad settings, a damaged archive, no such backup, refused credentials) is not tried again; an eviction
 * does not count as an attempt.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
 */
export function backupJobSpec(job: BackupJob): JobSpec {
  const { usage, integrity, noSuchBackup, denied } = BACKUP_EXIT_CODES;
  return {
    backoffLimit: 2,
    ...(job.activeDeadlineSeconds === undefined ? {} : { activeDeadlineSeconds: job.activeDeadlineSeconds }),
    ...(job.ttlSecondsAfterFinished === undefined ? {} : { ttlSecondsAfterFinished: job.ttlSecondsAfterFinished }),
    podFailurePolicy: {
      rules: [
        {
          action: 'FailJob',
          onExitCodes: { containerName: BACKUP_CONTAINER_NAME, operator: 'In', values: [usage, integrity, noSuchBackup, denied] },
        },
        { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
      ],
    },
    template: { metadata: { labels: backupLabels(job) }, spec: podSpec(job) },
  };
}

function podSpec(job: BackupJob): PodSpec {
  const { module, command } = job;
  const { spec, metadata } = module;
  const { env, volumes, volumeMounts } = storeEnvironment(job.store);
  const owner =
    command === 'backup'
      ? { namespace: BACKUP_ENV.backupNamespace, module: BACKUP_ENV.backupModule }
      : { namespace: BACKUP_ENV.restoreNamespace, module: BACKUP_ENV.restoreModule };
  return {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: GRACE_SECONDS,
    // The files are the module's: what it may read and write, so must this pod.
    securityContext: podSecurityContext(spec.podSecurityContext),
    ...(job.affinity === undefined ? {} : { affinity: job.affinity }),
    ...(spec.nodeSelector === undefined ? {} : { nodeSelector: spec.nodeSelector }),
    ...(spec.tolerations === undefined ? {} : { tolerations: spec.tolerations }),
    ...(spec.imagePullSecrets === undefined ? {} : { imagePullSecrets: spec.imagePullSecrets }),
    containers: [
      {
        name: BACKUP_CONTAINER_NAME,
        image: job.image,
        imagePullPolicy: job.imagePullPolicy,
        command: ['eevee-backup', command],
        env: [
          ...env,
          { name: owner.namespace, value: metadata.namespace },
          { name: owner.module, value: spec.moduleName },
          { name: BACKUP_ENV.volumePath, value: VOLUME_PATH },
          ...(job.env ?? []),
        ],
        ...(job.resources === undefined ? {} : { resources: job.resources }),
        securityContext: { ...containerSecurityContext(spec.securityContext), readOnlyRootFilesystem: true },
        // The tool writes its result there; of an image that does not, the last lines of the log are taken.
        terminationMessagePolicy: 'FallbackToLogsOnError',
        volumeMounts: [
          { name: 'module-data', mountPath: VOLUME_PATH, ...(command === 'backup' ? { readOnly: true } : {}) },
          { name: 'scratch', mountPath: '/tmp' },
          ...volumeMounts,
        ],
      },
    ],
    volumes: [
      { name: 'module-data', persistentVolumeClaim: { claimName: moduleVolumeClaimName(metadata.name) } },
      // Snapshots of SQLite databases: the root file system is read-only, and so is a volume that is backed up.
      { name: 'scratch', emptyDir: {} },
      ...volumes,
    ],
  };
}

/**
 * Binds a pod to the node on which the module runs, where a volume can be mounted on one node only.
 *
 * @param runs whether pods of the module are to be there: without, the pod could not be scheduled at all.
 */
export function besideModule(module: BotModule, { runs }: { readonly runs: boolean }): Affinity | undefined {
  const modes = module.spec.persistentVolumeClaim?.accessModes ?? ['ReadWriteOnce'];
  if (!runs || modes.some((mode) => mode === 'ReadWriteMany' || mode === 'ReadOnlyMany')) return undefined;
  return {
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { labelSelector: { matchLabels: moduleSelector(module.metadata.name) }, topologyKey: 'kubernetes.io/hostname' },
      ],
    },
  };
}

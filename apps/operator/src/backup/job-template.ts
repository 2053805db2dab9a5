import {
  BACKUP_APP_NAME,
  BACKUP_EXIT_CODES,
  commonLabels,
  LABEL,
  labelValue,
  moduleSelector,
  type BackupCommand,
} from '@eeveebot/contract';
import type { BotModule, S3Store } from '@eeveebot/crds';
import type { Affinity, EnvVar, JobSpec, PodSpec } from '../kubernetes.ts';
import { containerSecurityContext, podSecurityContext } from '../workload/security.ts';
import { dataEnvironment } from './data-environment.ts';
import type { ScratchSpace } from './scratch-space.ts';
import { storeEnvironment } from './store-environment.ts';

/** Container of a pod of the backup tool. */
export const BACKUP_CONTAINER_NAME = 'backup';

/** Longest time that a pod gets to abort its upload or roll its restore back, in seconds. */
const GRACE_SECONDS = 60;

/** What a Job of the backup tool is made from. */
export interface BackupJob {
  readonly command: BackupCommand;
  readonly module: BotModule;
  readonly store: S3Store;
  readonly image: string;
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  /** Labels beyond those that every such Job carries. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Variables beyond those that name store, volume and module. */
  readonly env?: readonly EnvVar[];
  /** Where `verify` unpacks the backup; without it, it is only read. */
  readonly scratch?: ScratchSpace | undefined;
  readonly affinity?: Affinity | undefined;
  readonly resources?: PodSpec['containers'][number]['resources'];
  readonly activeDeadlineSeconds?: number | undefined;
  readonly ttlSecondsAfterFinished?: number;
}

/** Labels of a Job of the backup tool and its pods. They lack `app`, so that no module's Deployment selects them. */
export const backupLabels = ({ command, module, labels }: Pick<BackupJob, 'command' | 'module' | 'labels'>): Record<string, string> => ({
  ...labels,
  ...commonLabels({ name: BACKUP_APP_NAME, instance: module.metadata.name, component: command }),
  [LABEL.module]: labelValue(module.metadata.name),
});

/**
 * The Job that runs the backup tool. Failures that waiting does not fix (bad settings, a damaged archive, no such backup,
 * refused credentials, files that cannot be read) are not retried; an eviction does not count as an attempt.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
 */
export function backupJobSpec(job: BackupJob): JobSpec {
  const { usage, integrity, noSuchBackup, denied, incomplete } = BACKUP_EXIT_CODES;
  return {
    backoffLimit: 2,
    ...(job.activeDeadlineSeconds === undefined ? {} : { activeDeadlineSeconds: job.activeDeadlineSeconds }),
    ...(job.ttlSecondsAfterFinished === undefined ? {} : { ttlSecondsAfterFinished: job.ttlSecondsAfterFinished }),
    podFailurePolicy: {
      rules: [
        {
          action: 'FailJob',
          onExitCodes: {
            containerName: BACKUP_CONTAINER_NAME,
            operator: 'In',
            values: [usage, integrity, noSuchBackup, denied, incomplete],
          },
        },
        { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
      ],
    },
    template: { metadata: { labels: backupLabels(job) }, spec: podSpec(job) },
  };
}

function podSpec(job: BackupJob): PodSpec {
  const { module, command } = job;
  const { spec } = module;
  const [store, content] = [storeEnvironment(job.store), dataEnvironment(job)];
  return {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: GRACE_SECONDS,
    // The files are the module's: this pod needs the same rights to them.
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
        env: [...store.env, ...content.env, ...(job.env ?? [])],
        ...(job.resources === undefined ? {} : { resources: job.resources }),
        securityContext: { ...containerSecurityContext(spec.securityContext), readOnlyRootFilesystem: true },
        // The tool writes its result there; for other images, the last lines of the log are taken.
        terminationMessagePolicy: 'FallbackToLogsOnError',
        volumeMounts: [...content.volumeMounts, { name: 'scratch', mountPath: '/tmp' }, ...store.volumeMounts],
      },
    ],
    volumes: [
      ...content.volumes,
      // Snapshots of SQLite databases: the root file system is read-only, and so is a volume that is backed up.
      { name: 'scratch', emptyDir: {} },
      ...store.volumes,
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

/**
 * Jobs of the backup tool, shared by the kinds. Before: which module (`target.ts`), whether its volume is free (`volume-holder.ts`,
 * `live-volume.ts`, `volume-lock.ts`, `restores.ts`). The Job: its input (`backup-job.ts`), its pod (`job-template.ts`, from
 * `store-environment.ts`, `data-environment.ts` and `job-placement.ts`). After: its outcome (`job-outcome.ts`), from which
 * `last-backup.ts`, `last-verification.ts` and `backup-problem.ts` derive what statuses report.
 */
import { BACKUP_APP_NAME, BACKUP_EXIT_CODES, commonLabels, defined, LABEL, labelValue } from '@eeveebot/contract';
import { containerSecurityContext, podSecurityContext } from '../pod-building/security.ts';
import type { JobSpec, PodSpec, PodTemplate } from '../resource-types/kubernetes.ts';
import type { BackupJob } from './backup-job.ts';
import { dataEnvironment } from './data-environment.ts';
import { jobPlacement } from './job-placement.ts';
import { storeEnvironment } from './store-environment.ts';

/** Container of a pod of the backup tool. */
export const BACKUP_CONTAINER_NAME = 'backup';

/** Time that a pod gets to abort its upload or roll back its restore, in seconds. */
const GRACE_SECONDS = 60;

/**
 * Enough for any volume: the tool needs at most 200 MiB and uses two cores. All four values are set, because a ResourceQuota rejects
 * pods without those that it counts.
 */
const DEFAULT_RESOURCES = { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '2', memory: '512Mi' } } as const;

/** Keep meshes from injecting a sidecar, which would keep running after the tool. Each mesh reads its labels or annotations. */
const NO_SIDECAR_LABELS = { 'sidecar.istio.io/inject': 'false', 'kuma.io/sidecar-injection': 'disabled' } as const;
const NO_SIDECAR_ANNOTATIONS = {
  'sidecar.istio.io/inject': 'false',
  'linkerd.io/inject': 'disabled',
  'consul.hashicorp.com/connect-inject': 'false',
} as const;

/** Labels of a Job of the backup tool and its pods. They lack `app`, so that no Deployment of a module selects them. */
export const backupLabels = ({ command, module, labels }: Pick<BackupJob, 'command' | 'module' | 'labels'>): Record<string, string> => ({
  ...labels,
  ...commonLabels({ name: BACKUP_APP_NAME, instance: module.metadata.name, component: command }),
  [LABEL.module]: labelValue(module.metadata.name),
});

/**
 * The Job that runs the backup tool. Failures that waiting does not fix (invalid settings, a damaged archive, a missing backup,
 * refused credentials, unreadable files) are not retried; an eviction does not count as an attempt.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
 */
export function backupJobSpec(job: BackupJob): JobSpec {
  const { usage, integrity, noSuchBackup, denied, incomplete } = BACKUP_EXIT_CODES;
  return {
    backoffLimit: 2,
    activeDeadlineSeconds: job.activeDeadlineSeconds,
    ...defined({ ttlSecondsAfterFinished: job.ttlSecondsAfterFinished }),
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
    template: { metadata: podMetadata(job), spec: podSpec(job) },
  };
}

/** The user's labels and annotations; the labels by which the Job is found take precedence. */
function podMetadata(job: BackupJob): NonNullable<PodTemplate['metadata']> {
  return {
    labels: { ...NO_SIDECAR_LABELS, ...job.pod?.podLabels, ...backupLabels(job) },
    annotations: { ...NO_SIDECAR_ANNOTATIONS, ...job.pod?.podAnnotations },
  };
}

function podSpec(job: BackupJob): PodSpec {
  const { module, command, pod = {} } = job;
  const { spec } = module;
  const pullSecrets = pod.imagePullSecrets ?? spec.imagePullSecrets;
  const [store, content] = [storeEnvironment(job.store), dataEnvironment(job)];
  return {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: GRACE_SECONDS,
    // The files belong to the module, so this pod needs the same access to them.
    securityContext: podSecurityContext(spec.podSecurityContext),
    enableServiceLinks: false,
    ...jobPlacement(module, { besideModule: job.besideModule === true }),
    ...defined({ imagePullSecrets: pullSecrets, priorityClassName: pod.priorityClassName }),
    containers: [
      {
        name: BACKUP_CONTAINER_NAME,
        image: job.image,
        imagePullPolicy: job.imagePullPolicy,
        command: ['eevee-backup', command],
        env: [...store.env, ...job.toolEnv, ...content.env, ...(job.env ?? [])],
        resources: pod.resources ?? DEFAULT_RESOURCES,
        securityContext: { ...containerSecurityContext(spec.securityContext), readOnlyRootFilesystem: true },
        // The tool writes its result there; for other images, the last lines of the log are used.
        terminationMessagePolicy: 'FallbackToLogsOnError',
        volumeMounts: [...content.volumeMounts, { name: 'scratch', mountPath: '/tmp' }, ...store.volumeMounts],
      },
    ],
    volumes: [
      ...content.volumes,
      // For snapshots of SQLite databases: the root file system is read-only, and so is a volume that is being backed up.
      { name: 'scratch', emptyDir: {} },
      ...store.volumes,
    ],
  };
}

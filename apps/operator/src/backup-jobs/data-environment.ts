import { BACKUP_APP_NAME, BACKUP_ENV, commonLabels, moduleVolumeClaimName, type BackupCommand } from '@eeveebot/contract';
import type { EnvVar } from '../resource-types/kubernetes.ts';
import type { BackupJob } from './backup-job.ts';
import { scratchVolume } from './scratch-space.ts';
import type { EnvironmentPart } from './store-environment.ts';

/** Path of the module's volume in the container. */
const VOLUME_PATH = '/data';

/** Path of the scratch volume of a verification in the container. */
const SCRATCH_PATH = '/scratch';

const MODULE_VOLUME = 'module-data';
const SCRATCH_VOLUME = 'verification';

/** Variables that name the module that the backups belong to. */
const OWNER_VARIABLES: Readonly<Record<BackupCommand, { readonly namespace: string; readonly module: string }>> = {
  backup: { namespace: BACKUP_ENV.backupNamespace, module: BACKUP_ENV.backupModule },
  restore: { namespace: BACKUP_ENV.restoreNamespace, module: BACKUP_ENV.restoreModule },
  verify: { namespace: BACKUP_ENV.backupNamespace, module: BACKUP_ENV.backupModule },
};

/**
 * The module that the backups belong to, and where files are read from or written to: for a backup the module's volume, read-only;
 * for a restore the same volume, writable; for a verification a scratch volume or none, never the module's volume.
 */
export function dataEnvironment(job: BackupJob): EnvironmentPart {
  const variables = OWNER_VARIABLES[job.command];
  const { env, volumes, volumeMounts } = job.command === 'verify' ? scratchEnvironment(job) : volumeEnvironment(job);
  const owner: readonly EnvVar[] = [
    { name: variables.namespace, value: job.module.metadata.namespace },
    { name: variables.module, value: job.module.spec.moduleName },
  ];
  return { env: [...owner, ...env], volumes, volumeMounts };
}

const volumeEnvironment = ({ command, module }: BackupJob): EnvironmentPart => ({
  env: [{ name: BACKUP_ENV.volumePath, value: VOLUME_PATH }],
  volumes: [{ name: MODULE_VOLUME, persistentVolumeClaim: { claimName: moduleVolumeClaimName(module.metadata.name) } }],
  volumeMounts: [{ name: MODULE_VOLUME, mountPath: VOLUME_PATH, ...(command === 'backup' ? { readOnly: true } : {}) }],
});

function scratchEnvironment(job: BackupJob): EnvironmentPart {
  if (job.scratch === undefined) return { env: [], volumes: [], volumeMounts: [] };
  // Without the module's label, because the claim is not the module's.
  const labels = { ...job.labels, ...commonLabels({ name: BACKUP_APP_NAME, instance: job.module.metadata.name, component: job.command }) };
  return {
    env: [{ name: BACKUP_ENV.verifyScratchPath, value: SCRATCH_PATH }],
    volumes: [scratchVolume(SCRATCH_VOLUME, job.scratch, labels)],
    volumeMounts: [{ name: SCRATCH_VOLUME, mountPath: SCRATCH_PATH }],
  };
}

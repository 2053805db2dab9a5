import { describe, expect, it } from 'vitest';
import { botModule, readyStore } from '../resources/bot-module/fixtures.ts';
import { desiredBootstrapJob } from '../resources/bot-module/desired/bootstrap-job.ts';
import { backupJobSpec, besideModule } from './job-template.ts';

const withVolume = (accessModes: readonly ('ReadWriteOnce' | 'ReadWriteMany')[] = ['ReadWriteOnce']) =>
  botModule({ persistentVolumeClaim: { accessModes: [...accessModes] } });

describe('the Job of the backup tool', () => {
  it.each(['backup', 'restore'] as const)('is told the region of the store: %s', (command) => {
    const store = { ...readyStore, spec: { ...readyStore.spec, region: 'eu-central-3' } };
    const job = backupJobSpec({ command, module: withVolume(), store, image: 'backup:1', imagePullPolicy: 'IfNotPresent' });
    expect(job.template.spec?.containers[0]?.env).toContainEqual({ name: 'S3_REGION', value: 'eu-central-3' });
  });

  it('goes to the node of the module where the volume can be mounted on one node only', () => {
    expect(besideModule(withVolume(), { runs: true })?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution).toEqual([
      { labelSelector: { matchLabels: { app: 'eevee.bot', 'eevee.bot/module': 'echo' } }, topologyKey: 'kubernetes.io/hostname' },
    ]);
    expect(besideModule(withVolume(), { runs: false })).toBeUndefined();
    expect(besideModule(withVolume(['ReadWriteMany']), { runs: true })).toBeUndefined();
  });
});

describe('the Job that verifies a backup', () => {
  const verify = (scratch?: { size: string; storageClassName?: string }, spec = {}) =>
    backupJobSpec({
      command: 'verify',
      module: botModule({ persistentVolumeClaim: { accessModes: ['ReadWriteOnce'] }, ...spec }),
      store: readyStore,
      image: 'backup:1',
      imagePullPolicy: 'IfNotPresent',
      labels: { 'eevee.bot/backup-schedule': 'nightly' },
      ...(scratch && { scratch }),
    }).template.spec;

  it('never mounts the volume of the module, and names it as the owner of the backups', () => {
    for (const pod of [verify(), verify({ size: '2Gi' })]) {
      expect(pod?.volumes?.filter((volume) => volume.persistentVolumeClaim !== undefined)).toEqual([]);
      expect(pod?.containers[0]?.volumeMounts?.map(({ name }) => name)).not.toContain('module-data');
      expect(pod?.containers[0]).toMatchObject({ command: ['eevee-backup', 'verify'] });
      const env = pod?.containers[0]?.env ?? [];
      expect(env).toContainEqual({ name: 'BACKUP_MODULE', value: 'echo' });
      expect(env).toContainEqual({ name: 'S3_SECRET_KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'key' } } });
      expect(env.map(({ name }) => name)).not.toContain('BACKUP_PVC_PATH');
    }
  });

  it('has scratch space of its own where a backup is to be unpacked, and none otherwise', () => {
    const pod = verify({ size: '2Gi', storageClassName: 'fast' });
    expect(pod?.volumes).toContainEqual({
      name: 'verification',
      ephemeral: {
        volumeClaimTemplate: {
          // Without the label of the module: this claim is not the module's.
          metadata: { labels: expect.not.objectContaining({ 'eevee.bot/module': expect.anything() }) },
          spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'fast', resources: { requests: { storage: '2Gi' } } },
        },
      },
    });
    expect(pod?.containers[0]?.volumeMounts).toContainEqual({ name: 'verification', mountPath: '/scratch' });
    expect(pod?.containers[0]?.env).toContainEqual({ name: 'VERIFY_SCRATCH_PATH', value: '/scratch' });
    expect(verify()?.volumes?.map(({ name }) => name)).toEqual(['scratch']);
  });

  it('runs as the user of the module, within the restricted standard', () => {
    expect(verify({ size: '1Gi' })?.securityContext).toMatchObject({
      runAsUser: 1000,
      runAsGroup: 1000,
      fsGroup: 1000,
      runAsNonRoot: true,
    });
    expect(verify({ size: '1Gi' }, { podSecurityContext: { runAsUser: 77, fsGroup: 78 } })?.securityContext).toMatchObject({
      runAsUser: 77,
      fsGroup: 78,
    });
    expect(verify()?.containers[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    });
  });
});

describe('the failures of a Job that are not retried', () => {
  it('are those that waiting does not fix, an incomplete backup and a region mismatch (64) among them', () => {
    const job = backupJobSpec({
      command: 'backup',
      module: withVolume(),
      store: readyStore,
      image: 'backup:1',
      imagePullPolicy: 'IfNotPresent',
    });
    expect(job.podFailurePolicy?.rules[0]).toEqual({
      action: 'FailJob',
      onExitCodes: { containerName: 'backup', operator: 'In', values: [64, 65, 66, 77, 78] },
    });
  });
});

describe('the Job before the first start', () => {
  const { spec } = desiredBootstrapJob({
    module: botModule({
      persistentVolumeClaim: { accessModes: ['ReadWriteOnce'] },
      bootstrapFromBackup: { s3Store: { name: 's3' }, imagePullPolicy: 'IfNotPresent' },
    }),
    store: readyStore,
    backup: { id: 'b7', key: 'bots/echo/b7.tar.gz' },
    defaultImage: 'backup:1',
  });

  it('leaves a volume that holds data as it is', () => {
    expect(spec?.template.spec?.containers[0]?.env).toContainEqual({ name: 'RESTORE_IF_EMPTY', value: 'true' });
  });

  it('names the newer backups that were not taken', () => {
    const given = { module: botModule(), store: readyStore, defaultImage: 'backup:1' };
    const { metadata } = desiredBootstrapJob({ ...given, backup: { id: 'b7', key: 'k', passedOver: ['backup b8 failed verification'] } });
    expect(metadata.annotations).toMatchObject({
      'eevee.bot/backups-passed-over': 'backup b8 failed verification',
    });
  });

  it('may take hours', () => {
    expect(spec?.activeDeadlineSeconds).toBe(86_400);
  });
});

import { describe, expect, it } from 'vitest';
import { backupSchedule, verification } from '../../test/fixtures/backup-schedules.ts';
import { botModule, readyStore, restoreThatIs } from '../../test/fixtures/bot-modules.ts';
import { desiredRestoreJob } from '../resources/backup-restore/desired/restore-job.ts';
import { desiredCronJob } from '../resources/backup-schedule/desired/cron-job.ts';
import { desiredVerificationJob } from '../resources/backup-schedule/desired/verification.ts';
import { desiredBootstrapJob } from '../resources/bot-module/desired/bootstrap-job.ts';
import { type BackupJob } from './backup-job.ts';
import { backupJobSpec } from './job-template.ts';

const withVolume = (accessModes: readonly ('ReadWriteOnce' | 'ReadWriteMany')[] = ['ReadWriteOnce']) =>
  botModule({ persistentVolumeClaim: { accessModes: [...accessModes] } });

const jobSpec = (more: Partial<BackupJob> = {}) =>
  backupJobSpec({
    command: 'backup',
    module: withVolume(),
    store: readyStore,
    image: 'backup:1',
    toolEnv: [],
    imagePullPolicy: 'IfNotPresent',
    activeDeadlineSeconds: 600,
    ...more,
  });

describe('the Job of the backup tool', () => {
  it.each(['backup', 'restore'] as const)('gets the region of the store: %s', (command) => {
    const store = { ...readyStore, spec: { ...readyStore.spec, region: 'eu-central-3' } };
    expect(jobSpec({ command, store }).template.spec?.containers[0]?.env).toContainEqual({ name: 'S3_REGION', value: 'eu-central-3' });
  });

  it('runs on the node of the module only if it has to', () => {
    const affinityOf = (more: Partial<BackupJob>) => jobSpec(more).template.spec?.affinity;
    expect(affinityOf({ besideModule: true })?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution).toEqual([
      { labelSelector: { matchLabels: { app: 'eevee.bot', 'eevee.bot/module': 'echo' } }, topologyKey: 'kubernetes.io/hostname' },
    ]);
    expect(affinityOf({})).toBeUndefined();
  });

  it.each(['backup', 'restore', 'verify'] as const)('may run where the module may, and nowhere else: %s', (command) => {
    const nodeAffinity: NonNullable<NonNullable<BackupJob['module']['spec']['affinity']>['nodeAffinity']> = {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] }],
      },
    };
    const where = { nodeSelector: { disk: 'fast' }, tolerations: [{ key: 'bots', operator: 'Exists' as const }] };
    const module = botModule({
      persistentVolumeClaim: { accessModes: ['ReadWriteOnce'] },
      affinity: { nodeAffinity, podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [] } },
      ...where,
    });
    expect(jobSpec({ command, module }).template.spec).toMatchObject({ affinity: { nodeAffinity }, ...where });
    expect(jobSpec({ command, module, besideModule: true }).template.spec?.affinity).toMatchObject({ nodeAffinity, podAffinity: {} });
    expect(jobSpec({ command, module }).template.spec?.affinity?.podAntiAffinity).toBeUndefined();
  });

  it('has all requests and limits that a quota can require, unless others are given', () => {
    const resourcesOf = (more: Partial<BackupJob> = {}) => jobSpec(more).template.spec?.containers[0]?.resources;
    expect(resourcesOf()).toEqual({ requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '2', memory: '512Mi' } });
    expect(resourcesOf({ pod: { resources: { limits: { memory: '1Gi' } } } })).toEqual({ limits: { memory: '1Gi' } });
  });

  it('opts out of sidecars, unless the user opts in, and keeps the labels by which it is found', () => {
    expect(jobSpec().template.metadata).toMatchObject({
      labels: { 'sidecar.istio.io/inject': 'false', 'kuma.io/sidecar-injection': 'disabled' },
      annotations: { 'linkerd.io/inject': 'disabled', 'sidecar.istio.io/inject': 'false' },
    });
    const pod = {
      podLabels: { 'sidecar.istio.io/inject': 'true', team: 'bots', 'app.kubernetes.io/name': 'other' },
      podAnnotations: { 'linkerd.io/inject': 'enabled' },
    };
    expect(jobSpec({ pod }).template.metadata).toMatchObject({
      labels: { 'sidecar.istio.io/inject': 'true', team: 'bots', 'app.kubernetes.io/name': 'eevee-backup', 'eevee.bot/module': 'echo' },
      annotations: { 'linkerd.io/inject': 'enabled' },
    });
  });

  it('has its own priority and pull secrets, or the pull secrets of the module', () => {
    const module = botModule({ imagePullSecrets: [{ name: 'of-module' }] });
    expect(jobSpec({ module }).template.spec?.imagePullSecrets).toEqual([{ name: 'of-module' }]);
    const pod = { imagePullSecrets: [{ name: 'own' }], priorityClassName: 'low' };
    expect(jobSpec({ module, pod }).template.spec).toMatchObject({ ...pod, enableServiceLinks: false });
  });
});

describe('the Job that verifies a backup', () => {
  const verify = (scratch?: { size: string; storageClassName?: string }, spec = {}) =>
    jobSpec({
      command: 'verify',
      module: botModule({ persistentVolumeClaim: { accessModes: ['ReadWriteOnce'] }, ...spec }),
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

  it('has its own scratch space if it unpacks a backup, and none otherwise', () => {
    const pod = verify({ size: '2Gi', storageClassName: 'fast' });
    expect(pod?.volumes).toContainEqual({
      name: 'verification',
      ephemeral: {
        volumeClaimTemplate: {
          // Without the module's label, because this claim is not the module's.
          metadata: { labels: expect.not.objectContaining({ 'eevee.bot/module': expect.anything() }) },
          spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'fast', resources: { requests: { storage: '2Gi' } } },
        },
      },
    });
    expect(pod?.containers[0]?.volumeMounts).toContainEqual({ name: 'verification', mountPath: '/scratch' });
    expect(pod?.containers[0]?.env).toContainEqual({ name: 'VERIFY_SCRATCH_PATH', value: '/scratch' });
    expect(verify()?.volumes?.map(({ name }) => name)).toEqual(['scratch']);
  });

  it('runs as the user of the module, and meets the restricted standard', () => {
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
    for (const user of ['runAsUser', 'runAsGroup', 'fsGroup']) {
      expect(verify({ size: '1Gi' }, { podSecurityContext: {} })?.securityContext).not.toHaveProperty(user);
    }
    expect(verify()?.containers[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    });
  });
});

describe('the failures of a Job that are not retried', () => {
  it('are those that waiting does not fix, an incomplete backup and a region mismatch (64) among them', () => {
    const job = jobSpec();
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
    backupTool: { image: 'backup:1', env: [] },
  });

  it('does not change a volume that contains data', () => {
    expect(spec?.template.spec?.containers[0]?.env).toContainEqual({ name: 'RESTORE_IF_EMPTY', value: 'true' });
  });

  it('names the newer backups that were passed over', () => {
    const given = { module: botModule(), store: readyStore, backupTool: { image: 'backup:1', env: [] } };
    const { metadata } = desiredBootstrapJob({ ...given, backup: { id: 'b7', key: 'k', passedOver: ['backup b8 failed verification'] } });
    expect(metadata.annotations).toMatchObject({
      'eevee.bot/backups-passed-over': 'backup b8 failed verification',
    });
  });

  it('may run for hours', () => {
    expect(spec?.activeDeadlineSeconds).toBe(86_400);
  });
});

describe('the fields about pods', () => {
  const fields = {
    resources: { limits: { memory: '1Gi' } },
    podLabels: { team: 'bots' },
    podAnnotations: { 'linkerd.io/inject': 'enabled' },
    imagePullSecrets: [{ name: 'registry' }],
    priorityClassName: 'low',
  };
  const bootstrapFromBackup = { s3Store: { name: 's3' }, imagePullPolicy: 'IfNotPresent' as const, ...fields };
  const module = botModule({ persistentVolumeClaim: { accessModes: ['ReadWriteOnce'] }, bootstrapFromBackup });
  const given = { module, store: readyStore, backupTool: { image: 'backup:1', env: [] } };
  const backup = { id: 'b7', key: 'k' };
  const schedule = backupSchedule({ ...fields, verification: verification() });
  const restore = restoreThatIs('Pending');
  const verifying = { ...given, schedule, verification: verification(), unpackedBytes: undefined };
  const cronJob = desiredCronJob({ ...given, schedule, name: 'n', cron: '@daily', held: false, besideModule: true }, undefined);

  it.each([
    ['a BackupSchedule', cronJob.spec?.jobTemplate.spec],
    ['its verifications', desiredVerificationJob(verifying, backup).spec],
    ['a BackupRestore', desiredRestoreJob({ ...given, restore: { ...restore, spec: { ...restore.spec, ...fields } }, backup }).spec],
    ['bootstrapFromBackup', desiredBootstrapJob({ ...given, backup }).spec],
  ])('of %s are those of the Job', (_, spec) => {
    expect(spec?.template.metadata).toMatchObject({ labels: fields.podLabels, annotations: fields.podAnnotations });
    const { imagePullSecrets, priorityClassName, resources } = fields;
    expect(spec?.template.spec).toMatchObject({ imagePullSecrets, priorityClassName, containers: [{ resources }] });
    expect(spec?.activeDeadlineSeconds).toBeGreaterThan(0);
  });
});

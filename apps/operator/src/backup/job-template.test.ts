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

  it('may take hours', () => {
    expect(spec?.activeDeadlineSeconds).toBe(86_400);
  });
});

import type { BackupRestore } from '@eeveebot/crds';
import { describe, expect, it } from 'vitest';
import { botModule, restoreThatIs, volumeClaim } from '../../test/fixtures/bot-modules.ts';
import type { CronJob, Job } from '../resource-types/kubernetes.ts';
import { targetVerdict } from './target.ts';

const volume = { persistentVolumeClaim: { accessModes: ['ReadWriteOnce' as const] } };
const module = botModule(volume);
const another = botModule(volume, { name: 'another' });
const around = {
  ...{ sameNameModules: [module], restores: [], volumeClaim: volumeClaim(), cronJob: undefined },
  toolWork: { jobs: [], pods: [] },
};

describe('whether a module can be backed up', () => {
  it.each([
    ['it has no volume', botModule(), {}, 'NoVolume'],
    ['another module has its moduleName', module, { sameNameModules: [another, module] }, 'ModuleNameNotUnique'],
    [
      'only one pod may mount its volume',
      botModule({ persistentVolumeClaim: { accessModes: ['ReadWriteOncePod'] } }),
      {},
      'VolumeNotShareable',
    ],
    [
      'only one pod may mount its existing volume claim',
      module,
      { volumeClaim: { ...volumeClaim(), spec: { accessModes: ['ReadWriteOncePod'] } } },
      'VolumeNotShareable',
    ],
  ])('is false where %s', (_, candidate, more, reason) => {
    expect(targetVerdict({ module: candidate, ...around, ...more })).toMatchObject({ eligible: false, reason });
  });

  it('names the other module that has the same moduleName', () => {
    const verdict = targetVerdict({ module, ...around, sameNameModules: [module, another] });
    expect(verdict).toMatchObject({ message: expect.stringContaining('BotModule another has the same spec.moduleName') });
  });

  it('is true otherwise, but paused while its volume is being restored or waits for its bootstrap', () => {
    expect(targetVerdict({ module, ...around })).toEqual({ eligible: true, heldBy: undefined });
    expect(targetVerdict({ module, ...around, restores: [restoreThatIs('Running')] })).toMatchObject({ heldBy: expect.any(String) });
    const job = {
      kind: 'Job',
      metadata: { name: 'r', uid: 'u', labels: { 'app.kubernetes.io/component': 'restore' } },
      status: {},
    } as unknown as Job;
    expect(targetVerdict({ module, ...around, toolWork: { jobs: [job], pods: [] } })).toMatchObject({
      heldBy: 'Job r restores the volume',
    });
    const awaits = botModule({ ...volume, bootstrapFromBackup: { s3Store: { name: 's3' }, imagePullPolicy: 'IfNotPresent' } });
    expect(targetVerdict({ module: awaits, ...around })).toMatchObject({ heldBy: expect.stringContaining('has not been restored yet') });
  });

  it('is paused until the volume exists, for which the pod of a backup would wait', () => {
    expect(targetVerdict({ module, ...around, volumeClaim: undefined })).toEqual({
      eligible: true,
      heldBy: 'the volume does not exist yet: it is created when the module first runs',
    });
  });

  it('is paused while its CronJob is being deleted', () => {
    const cronJob = {
      kind: 'CronJob',
      metadata: { name: 'nightly-echo-backup', deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['test.example/hold'] },
    } as unknown as CronJob;
    expect(targetVerdict({ module, ...around, cronJob })).toEqual({
      eligible: true,
      heldBy: 'CronJob nightly-echo-backup is being deleted (finalizers: test.example/hold): it is created again after that',
    });
  });

  it('is paused from the time at which a restore has suspended its CronJob, until that has ended or is deleted', () => {
    const suspendedFor = (uid: string) =>
      ({ metadata: { name: 'nightly-echo-backup', annotations: { 'eevee.bot/suspended-for': uid } } }) as unknown as CronJob;
    const finding = restoreThatIs('Pending');
    const heldBy = (restore: BackupRestore, uid = 'uid-back') => {
      const verdict = targetVerdict({ module, ...around, restores: [restore], cronJob: suspendedFor(uid) });
      return verdict.eligible && verdict.heldBy;
    };
    expect(heldBy(finding)).toBe('BackupRestore back is about to use the volume');
    expect(heldBy(finding, 'uid-another')).toBeUndefined();
    expect(heldBy(restoreThatIs('Failed'))).toBeUndefined();
    expect(heldBy({ ...finding, metadata: { ...finding.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } })).toBeUndefined();
  });
});

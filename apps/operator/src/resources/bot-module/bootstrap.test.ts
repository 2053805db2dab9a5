import { describe, expect, it } from 'vitest';
import type { BotModuleSpec } from '@eeveebot/crds';
import { observedModule, readyStore, restoreThatIs, toolJob, toolPod, volumeClaim } from '../../../test/fixtures/bot-modules.ts';
import { bootstrapPhase } from './bootstrap.ts';
import type { ObservedModule } from './observe.ts';

const spec: Partial<BotModuleSpec> = {
  persistentVolumeClaim: { accessModes: ['ReadWriteOnce'] },
  bootstrapFromBackup: { s3Store: { name: 's3' }, imagePullPolicy: 'IfNotPresent' },
};
const running: Partial<ObservedModule> = {
  deployment: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'eevee-echo-module' } },
};
/** A Deployment that records the claim with this uid. */
const ranOn = (uid: string) => ({
  deployment: {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'eevee-echo-module', annotations: { 'eevee.bot/claim-uid': uid } },
  } as const,
});
const unreachable = {
  type: 'Ready',
  status: 'False' as const,
  reason: 'ConnectionFailed',
  message: 'access denied',
  lastTransitionTime: '',
};
const storeThatFails = { ...readyStore, status: { conditions: [unreachable] } };
const phase = (more: Partial<ObservedModule> = {}) => bootstrapPhase(observedModule(spec, { bootstrapStore: readyStore, ...more }));

describe('a module with bootstrapFromBackup', () => {
  it('searches for the backup first', () => {
    expect(phase({ volumeClaim: volumeClaim() })).toMatchObject({ phase: 'look', store: { metadata: { name: 's3' } } });
    expect(phase()).toMatchObject({ phase: 'look' });
  });

  it.each<[string, Partial<ObservedModule>]>([
    ['whose volume is marked', { volumeClaim: volumeClaim({ bootstrapped: true }) }],
    ['that runs already, since what is there is live', { ...running, volumeClaim: volumeClaim() }],
    ['that runs already although its Job has failed', { ...running, volumeClaim: volumeClaim(), bootstrapJob: toolJob('Failed') }],
  ])('starts if it is one %s', (_, more) => {
    expect(phase(more)).toEqual({ phase: 'done' });
  });

  it('is stopped if its claim was deleted and created again with the mark of the former one', () => {
    const claim = volumeClaim({ bootstrapped: true });
    const annotations = { ...claim.metadata.annotations, 'eevee.bot/bootstrapped-claim': 'uid-of-the-former' };
    const recreated = { ...claim, metadata: { ...claim.metadata, annotations } };
    expect(phase({ ...running, volumeClaim: recreated })).toMatchObject({
      phase: 'stopping',
      message: expect.stringContaining('was deleted and created again'),
    });
    expect(phase({ volumeClaim: recreated })).toMatchObject({ phase: 'look' });
    // Another client has changed the mark of the claim that the module runs on.
    expect(phase({ ...ranOn('uid-pvc'), volumeClaim: recreated })).toEqual({ phase: 'done' });
    expect(phase({ ...ranOn('uid-of-the-former'), volumeClaim: recreated })).toMatchObject({ phase: 'stopping' });
  });

  it('is stopped if its Deployment ran on another claim, whose marks the present one does not have', () => {
    expect(phase({ ...ranOn('uid-of-the-former'), volumeClaim: volumeClaim() })).toMatchObject({ phase: 'stopping' });
    expect(phase({ ...ranOn('uid-pvc'), volumeClaim: volumeClaim() })).toEqual({ phase: 'done' });
    // Restored since by a BackupRestore.
    expect(phase({ ...ranOn('uid-of-the-former'), volumeClaim: volumeClaim({ bootstrapped: true }) })).toEqual({ phase: 'done' });
  });

  it('waits for the Job, and starts when the Job has succeeded', () => {
    expect(phase({ bootstrapJob: toolJob(undefined) })).toMatchObject({ phase: 'restoring' });
    expect(phase({ bootstrapJob: toolJob('Complete') })).toMatchObject({ phase: 'restored', job: { metadata: { uid: 'uid-job' } } });
  });

  it('removes the succeeded Job even if the volume was marked before the removal', () => {
    const marked = { volumeClaim: volumeClaim({ bootstrapped: true }) };
    expect(phase({ ...marked, bootstrapJob: toolJob('Complete') })).toMatchObject({
      phase: 'restored',
      job: { metadata: { uid: 'uid-job' } },
    });
    expect(phase({ ...marked, bootstrapJob: toolJob('Complete', { deleted: true }) })).toEqual({ phase: 'done' });
    expect(phase({ ...marked, bootstrapJob: toolJob(undefined) })).toEqual({ phase: 'done' });
  });

  it("is not started when the Job has failed, and quotes the tool's error", () => {
    const failed = {
      bootstrapJob: toolJob('Failed', { reason: 'PodFailurePolicy' }),
      jobPods: [toolPod(65, '{"error":"the archive is truncated"}')],
    };
    expect(phase(failed)).toEqual({
      phase: 'failed',
      message:
        'Job eevee-echo-bootstrap-restore failed, and the module was not started: exit 65: the archive is truncated; delete the Job to try again',
    });
  });

  it.each<[string, Partial<ObservedModule>, string]>([
    ['the S3Store does not exist', { bootstrapStore: undefined }, 'there is no such S3Store in namespace bots'],
    ['the S3Store has not been tested', { bootstrapStore: { ...readyStore, status: {} } }, 'S3Store s3 has not been tested yet'],
    ['the S3Store is not ready', { bootstrapStore: storeThatFails }, 'S3Store s3 is not ready: access denied'],
    ['another restore has the volume', { restores: [restoreThatIs('Running')] }, 'BackupRestore back restores the volume'],
    ['a Job of before is being deleted', { bootstrapJob: toolJob('Failed', { deleted: true }) }, 'is being deleted'],
  ])('waits while %s', (_, more, message) => {
    expect(phase(more)).toMatchObject({ phase: 'waiting', message: expect.stringContaining(message) });
  });
});

describe('a module without bootstrapFromBackup', () => {
  it('starts', () => {
    expect(bootstrapPhase(observedModule({}))).toEqual({ phase: 'done' });
    expect(bootstrapPhase(observedModule({ persistentVolumeClaim: { accessModes: ['ReadWriteOnce'] } }))).toEqual({ phase: 'done' });
  });
});

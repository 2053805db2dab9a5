import { describe, expect, it } from 'vitest';
import { botModule, readyStore, restoreThatIs, toolJob, toolPod, volumeClaim } from '../../../test/fixtures/bot-modules.ts';
import { NO_EVENT_CAUSES } from '../../diagnosis/event-causes.ts';
import type { Pod } from '../../resource-types/kubernetes.ts';
import type { ObservedRestore } from './observe.ts';
import { restorePlan as restorePlanAt } from './plan.ts';

const restorePlan = (given: ObservedRestore) => restorePlanAt(given, 600_000);

const claimed = restoreThatIs('WaitingForModuleToStop');
const noted = { ...claimed, status: { ...claimed.status, jobName: 'back-restore' } };
const observed = (more: Partial<ObservedRestore>): ObservedRestore => ({
  restore: claimed,
  module: botModule({ persistentVolumeClaim: { accessModes: ['ReadWriteOnce'] } }),
  store: readyStore,
  job: undefined,
  volumeClaim: volumeClaim(),
  restores: [],
  deployment: undefined,
  cronJobs: [],
  suspendedBySchedule: new Set(),
  pods: [],
  jobs: [],
  eventCauses: NO_EVENT_CAUSES,
  ...more,
});
const job = (more: { readonly deleted?: boolean; readonly owner?: string; readonly suspend?: boolean } = {}) => {
  const made = toolJob(undefined, more.deleted === true ? { deleted: true } : {});
  const { owner = claimed.metadata.uid ?? '', suspend = false } = more;
  return {
    ...made,
    metadata: {
      ...made.metadata,
      name: 'back-restore',
      labels: { ...made.metadata.labels, 'eevee.bot/module': 'echo' },
      annotations: { 'eevee.bot/backup-id': 'b7', 'eevee.bot/backup-key': 'bots/echo/b7.tar.gz' },
      ownerReferences: [{ apiVersion: 'eevee.bot/v1', kind: 'BackupRestore', name: claimed.metadata.name, uid: owner, controller: true }],
    },
    spec: { ...made.spec, suspend, template: made.spec?.template ?? {} },
  };
};

const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'eevee-echo-module-pvc' } }];
const unscheduled: NonNullable<Pod['spec']> = { containers: [], volumes };
const onNode: NonNullable<Pod['spec']> = { ...unscheduled, nodeName: 'node' };

describe('a restore that had ended before its status was lost', () => {
  const { status: _, ...bare } = claimed;
  const recorded = (mark: string) => ({
    ...bare,
    metadata: { ...bare.metadata, annotations: { 'eevee.bot/restore-ended': mark } },
  });

  it.each(['Succeeded', 'Failed'] as const)('is not run again: %s', (outcome) => {
    const restore = recorded(`${outcome} ${claimed.metadata.name}`);
    expect(restorePlan(observed({ restore }))).toMatchObject({ action: 'recall', outcome: { phase: outcome.toLowerCase() } });
  });

  it('is run under another name, for which its manifest was copied', () => {
    expect(restorePlan(observed({ restore: recorded('Succeeded another') }))).toMatchObject({ action: 'find' });
  });
});

describe('the Job of a restore', () => {
  it('is recorded in the status before it runs', () => {
    expect(restorePlan(observed({ job: job({ suspend: true }) }))).toMatchObject({
      action: 'note',
      jobName: 'back-restore',
      backup: { id: 'b7', key: 'bots/echo/b7.tar.gz' },
    });
    expect(restorePlan(observed({ restore: noted, job: job({ suspend: true }) }))).toMatchObject({ action: 'release' });
  });

  it('that is gone is created again only if it was never recorded', () => {
    expect(restorePlan(observed({}))).toMatchObject({ action: 'find' });
    expect(restorePlan(observed({ restore: noted }))).toMatchObject({ action: 'watch', outcome: { phase: 'failed' } });
  });

  it('is removed if it was created for another spec before it was recorded, and never runs', () => {
    const made = job({ suspend: true });
    const ofGeneration = (generation: string) => ({
      ...made,
      metadata: { ...made.metadata, annotations: { ...made.metadata.annotations, 'eevee.bot/restore-generation': generation } },
    });
    const { generation = 0 } = claimed.metadata;
    expect(restorePlan(observed({ job: ofGeneration(String(generation)) }))).toMatchObject({ action: 'note' });
    expect(restorePlan(observed({ job: ofGeneration('another') }))).toMatchObject({
      action: 'wait',
      outdated: { metadata: { name: 'back-restore' } },
    });
    const restore = { ...claimed, spec: { ...claimed.spec, botModule: { name: 'another' } } };
    expect(restorePlan(observed({ restore, job: made }))).toMatchObject({
      action: 'wait',
      outdated: { metadata: { name: 'back-restore' } },
    });
    const recorded = { ...restore, status: noted.status };
    expect(restorePlan(observed({ restore: recorded, job: made }))).toMatchObject({ action: 'give-up', job: made });
  });

  it('runs once it is released, whether or not it is recorded', () => {
    expect(restorePlan(observed({ job: job() }))).toMatchObject({ action: 'watch', outcome: { phase: 'running' } });
  });

  it.each<[string, Partial<Pod>, 'give-up' | 'watch']>([
    ['is given up when its pod waits for a node', { spec: unscheduled, status: { phase: 'Pending' } }, 'give-up'],
    ['is given up when its pod has failed', { spec: onNode, status: { phase: 'Failed' } }, 'give-up'],
    ['continues while its pod is at work', { spec: onNode, status: { phase: 'Running' } }, 'watch'],
  ])('whose volume claim is being deleted %s', (_, more, action) => {
    const running = job();
    const claim = volumeClaim();
    const terminating = { ...claim, metadata: { ...claim.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
    const ownerReferences = [
      { apiVersion: 'batch/v1', kind: 'Job', name: 'back-restore', uid: running.metadata.uid ?? '', controller: true },
    ];
    const pod = { ...more, apiVersion: 'v1', kind: 'Pod', metadata: { name: 'back-restore-x', ownerReferences } } as Pod;
    expect(restorePlan(observed({ job: running, volumeClaim: terminating, pods: [pod] }))).toMatchObject({ action });
  });

  it('of a deleted BackupRestore of this name is awaited', () => {
    expect(restorePlan(observed({ job: job({ owner: 'another' }) }))).toMatchObject({
      action: 'wait',
      reason: 'Pending',
      message: 'Job back-restore of a deleted BackupRestore of this name is being removed',
    });
  });

  it('that is being deleted before it was recorded is awaited', () => {
    expect(restorePlan(observed({ job: job({ suspend: true, deleted: true }) }))).toMatchObject({ action: 'wait', reason: 'Pending' });
  });
});

describe('a restore that is about to start', () => {
  const holding = {
    ...claimed,
    status: {
      ...claimed.status,
      backupId: 'b7',
      key: 'bots/echo/b7.tar.gz',
      passedOver: ['b8 failed verification'],
      foundIn: { s3Store: 's3', generation: 1 },
    },
  };
  const start = (jobs: ObservedRestore['jobs']) => restorePlan(observed({ restore: holding, jobs }));

  it('waits for a running backup, but not for a verification, which never mounts the volume', () => {
    expect(start([toolJob(undefined)])).toMatchObject({ action: 'wait', reason: 'WaitingForModuleToStop' });
    expect(start([toolJob(undefined, { command: 'verify' })])).toMatchObject({ action: 'start' });
  });

  it('searches again if its module has another name for backups now, or if it names another module', () => {
    const renamed = botModule({ moduleName: 'seen', persistentVolumeClaim: { accessModes: ['ReadWriteOnce'] } });
    expect(restorePlan(observed({ restore: holding, module: renamed }))).toMatchObject({ action: 'find' });
  });

  it('keeps the reasons why newer backups were passed over', () => {
    expect(start([])).toMatchObject({ backup: { id: 'b7', passedOver: ['b8 failed verification'] } });
  });
});

describe('a deleted restore that only has to be released', () => {
  const deleted = (reason: 'Running' | 'Succeeded') => {
    const { metadata, ...rest } = restoreThatIs(reason);
    return { ...rest, metadata: { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['eevee.bot/restore'] } };
  };
  const ended = (condition: 'Complete' | 'Failed') => ({ ...job(), status: toolJob(condition).status ?? {} });

  it('has the outcome of its Job if that ended before this was recorded', () => {
    const planned = (condition: 'Complete' | 'Failed') => restorePlan(observed({ restore: deleted('Running'), job: ended(condition) }));
    expect(planned('Complete')).toMatchObject({ action: 'let-go', outcome: { phase: 'succeeded' } });
    expect(planned('Failed')).toMatchObject({ action: 'let-go', outcome: { phase: 'failed', time: expect.stringContaining('20') } });
  });

  it('has failed without a Job, or with only that of another restore', () => {
    const failed = { action: 'let-go', outcome: { phase: 'failed', message: expect.stringContaining('deleted before') } };
    expect(restorePlan(observed({ restore: deleted('Running') }))).toMatchObject(failed);
    const { metadata, ...rest } = ended('Complete');
    const others = metadata.ownerReferences.map((owner) => ({ ...owner, uid: 'another' }));
    expect(
      restorePlan(observed({ restore: deleted('Running'), job: { ...rest, metadata: { ...metadata, ownerReferences: others } } })),
    ).toMatchObject(failed);
  });

  it('keeps the outcome that was recorded before', () => {
    expect(restorePlan(observed({ restore: deleted('Succeeded'), job: ended('Failed') }))).toEqual({ action: 'let-go' });
  });

  /** A pod whose tool has ended, and that another container may keep running. */
  const toolPodOf = (exitCode: number, phase: 'Running' | 'Succeeded'): Pod => {
    const pod = toolPod(exitCode, '{"id":"b7","key":"k","files":3}');
    const labels = { 'eevee.bot/backup-restore': 'back', 'app.kubernetes.io/component': 'restore' };
    return { ...pod, metadata: { ...pod.metadata, labels }, status: { ...pod.status, phase } };
  };
  const unended = (pods: readonly Pod[], reason: 'Running' | 'Succeeded' = 'Running') =>
    restorePlan(observed({ restore: deleted(reason), job: job(), pods }));

  it('has succeeded if the tool has, although its Job is not complete yet', () => {
    const restored = { phase: 'succeeded', time: '2026-01-01T00:00:08Z', result: { files: 3 } };
    expect(unended([toolPodOf(0, 'Succeeded')])).toMatchObject({ action: 'let-go', outcome: restored });
    expect(unended([toolPodOf(0, 'Running')])).toMatchObject({ action: 'stop', job: job(), success: restored });
    expect(unended([toolPodOf(0, 'Running')], 'Succeeded')).toMatchObject({ action: 'stop', job: job(), success: restored });
  });

  it('is stopped while its tool has not succeeded', () => {
    const at = toolPodOf(1, 'Running');
    const [container] = at.status?.containerStatuses ?? [];
    const running = { ...container, state: { running: {} } } as never;
    const atWork: Pod = { ...at, status: { ...at.status, containerStatuses: [running] } };
    for (const pods of [[], [toolPodOf(1, 'Succeeded')], [atWork], [toolPodOf(0, 'Succeeded'), atWork]]) {
      const plan = unended(pods);
      expect(plan).toMatchObject({ action: 'stop', job: job() });
      expect(plan).not.toHaveProperty('success');
    }
  });
});

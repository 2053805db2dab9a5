import { describe, expect, it } from 'vitest';
import { toolJob, toolPod } from '../../test/fixtures/bot-modules.ts';
import type { Job, Pod } from '../resource-types/kubernetes.ts';
import { volumeHolder } from './volume-holder.ts';

const restoreJob = (...given: Parameters<typeof toolJob>): Job => toolJob(given[0], { ...given[1], command: 'restore' });

/** A pod of a restore Job that mounts the claim of the module `echo`. */
const restorePod = (phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed', metadata: Partial<Pod['metadata']> = {}): Pod => {
  const pod = toolPod(0, '');
  return {
    ...pod,
    metadata: { ...pod.metadata, labels: { 'app.kubernetes.io/component': 'restore' }, ...metadata },
    spec: { containers: [], volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'eevee-echo-module-pvc' } }] },
    status: { phase },
  };
};

const holder = (jobs: readonly Job[], pods: readonly Pod[], except?: string) => volumeHolder({ jobs, pods }, { module: 'echo', except });

describe('a volume is held', () => {
  it.each<[string, readonly Job[], readonly Pod[], string]>([
    ['by a restore Job that has not finished', [restoreJob(undefined)], [], 'Job eevee-echo-bootstrap-restore'],
    ['by one of an owner that is gone', [restoreJob(undefined, { owner: 'former' })], [], 'Job eevee-echo-bootstrap-restore'],
    [
      'by one that is being deleted',
      [restoreJob(undefined, { deleted: true })],
      [],
      'Job eevee-echo-bootstrap-restore, which is being deleted,',
    ],
    ['by a pod of a restore whose Job is gone', [], [restorePod('Running')], 'pod job-pod'],
    ['by a pod that waits for a node', [], [restorePod('Pending')], 'pod job-pod'],
    ['by a pod that is being deleted', [], [restorePod('Running', { deletionTimestamp: '2026-01-01T00:00:00Z' })], 'pod job-pod'],
    ['by a pod that has not ended although its Job has failed', [restoreJob('Failed')], [restorePod('Running')], 'pod job-pod'],
  ])('%s', (_, jobs, pods, expected) => {
    expect(holder(jobs, pods)).toBe(expected);
  });
});

describe('a volume is free', () => {
  it.each<[string, readonly Job[], readonly Pod[]]>([
    ['when nothing of the tool exists', [], []],
    [
      'when the restore Job and its pods have ended',
      [restoreJob('Complete'), restoreJob('Failed')],
      [restorePod('Succeeded'), restorePod('Failed')],
    ],
    ['while a backup or a verification runs', [toolJob(undefined), toolJob(undefined, { command: 'verify' })], []],
    [
      'when the pod of a restore mounts another claim',
      [],
      [{ ...restorePod('Running'), spec: { containers: [], volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'other' } }] } }],
    ],
  ])('%s', (_, jobs, pods) => {
    expect(holder(jobs, pods)).toBeUndefined();
  });

  it('for the Job of the caller, and for its pods', () => {
    expect(holder([restoreJob(undefined)], [restorePod('Running')], 'uid-job')).toBeUndefined();
    expect(holder([restoreJob(undefined)], [], 'another')).toBe('Job eevee-echo-bootstrap-restore');
  });
});

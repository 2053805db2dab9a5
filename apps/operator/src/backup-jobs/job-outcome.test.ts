import { describe, expect, it } from 'vitest';
import { toolJob, toolPod } from '../../test/fixtures/bot-modules.ts';
import { NO_EVENT_CAUSES } from '../diagnosis/event-causes.ts';
import type { Pod } from '../resource-types/kubernetes.ts';
import { jobOutcome, podsOf } from './job-outcome.ts';

const result = {
  id: 'one',
  key: 'a/one.tar.gz',
  sizeBytes: 1,
  uncompressedBytes: 2,
  files: 3,
  durationSeconds: 0.5,
  sha256: 'ff',
  warnings: ['x grew'],
};

describe('the outcome of a Job', () => {
  it('is the result in the termination message of its pod', () => {
    expect(jobOutcome(toolJob('Complete'), [toolPod(0, JSON.stringify(result))])).toEqual({
      phase: 'succeeded',
      time: '2026-01-01T00:00:09Z',
      result,
    });
  });

  it('is a success without a result if the pod is gone or reports something else', () => {
    expect(jobOutcome(toolJob('Complete'), [])).toMatchObject({ phase: 'succeeded', result: undefined });
    for (const text of ['done', '{broken', '{"id":1}', '']) {
      expect(jobOutcome(toolJob('Complete'), [toolPod(0, text)])).toMatchObject({ phase: 'succeeded', result: undefined });
    }
  });

  it('is read from its own pods among those of thousands of Jobs', () => {
    const pods = Array.from({ length: 5_000 }, (_, index) => {
      const pod = toolPod(0, JSON.stringify({ id: `backup-${index}`, key: 'k' }));
      return {
        ...pod,
        metadata: { ...pod.metadata, ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'x', uid: `job-${index}` }] },
      };
    });
    const ids = pods.map((_, index) => {
      const job = toolJob('Complete');
      return jobOutcome(job, podsOf({ ...job, metadata: { ...job.metadata, uid: `job-${index}` } }, pods));
    });
    expect(ids.map((outcome) => (outcome as { result?: { id: string } }).result?.id)).toEqual(pods.map((_, index) => `backup-${index}`));
  });

  it('lacks the values that a status could not have, whatever an image reports', () => {
    const odd = { id: 'one', key: 'k', sizeBytes: -1, files: 1.5, uncompressedBytes: 1e300, allocatedBytes: '7', durationSeconds: -0.1 };
    expect(jobOutcome(toolJob('Complete'), [toolPod(0, JSON.stringify({ ...odd, damaged: 2 ** 53 }))])).toMatchObject({
      result: { id: 'one', key: 'k' },
    });
    const { result: parsed } = jobOutcome(toolJob('Complete'), [toolPod(0, JSON.stringify(odd))]) as { result: object };
    expect(Object.keys(parsed)).toEqual(['id', 'key']);
  });

  it.each([
    ['PodFailurePolicy', 'exit 77: access denied'],
    ['BackoffLimitExceeded', 'failed 3 times: exit 77: access denied'],
    ['DeadlineExceeded', 'stopped after 60 s (activeDeadlineSeconds): exit 77: access denied'],
  ])('is a failure for the reason %s with the message of the tool', (reason, message) => {
    expect(jobOutcome(toolJob('Failed', { reason }), [toolPod(77, '{"error":"access denied"}')])).toMatchObject({
      phase: 'failed',
      message,
    });
  });

  it('quotes the last line of an image that reports no JSON', () => {
    expect(jobOutcome(toolJob('Failed', { reason: 'PodFailurePolicy' }), [toolPod(1, 'starting\ncannot open /data\n')])).toMatchObject({
      message: 'exit 1: cannot open /data',
    });
  });

  it('is open while it runs, with the reason why its pod is not created or does not start', () => {
    const said = 'pods "back-restore-" is forbidden: exceeded quota: few, requested: pods=1, used: pods=5, limited: pods=5';
    const eventCauses = { ...NO_EVENT_CAUSES, creation: () => said, claim: () => 'volume claim data has no volume: quota exceeded' };
    expect(jobOutcome(toolJob(undefined), [], eventCauses)).toEqual({ phase: 'running', message: `its pod cannot be created: ${said}` });
    const homeless: Pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'back-restore-1', namespace: 'bots' },
      spec: { containers: [], volumes: [{ name: 'module-data', persistentVolumeClaim: { claimName: 'data' } }] },
      status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }] },
    };
    expect(jobOutcome(toolJob(undefined), [homeless], eventCauses)).toEqual({
      phase: 'running',
      message: 'pod back-restore-1: cannot be scheduled: volume claim data has no volume: quota exceeded',
    });
  });

  it.each(['SuccessCriteriaMet', 'FailureTarget'])('is open while its pods still terminate, despite the condition %s', (type) => {
    const conditions = [{ type, status: 'True' as const }];
    expect(jobOutcome({ ...toolJob('Complete'), status: { conditions } }, [])).toMatchObject({ phase: 'running' });
  });

  it('is open with the pod that keeps it from ending after its deadline or its deletion', () => {
    const deletion = {
      metadata: { name: 'back-restore-1', deletionTimestamp: '2026-01-01T00:00:00Z' },
      spec: { containers: [], nodeName: 'n1' },
    };
    const pod = { apiVersion: 'v1', kind: 'Pod', ...deletion, status: { phase: 'Running' } } as const;
    const state = 'pod back-restore-1 is being deleted on node n1; if it does not end, restart the node';
    const conditions = [{ type: 'FailureTarget', status: 'True' as const, reason: 'DeadlineExceeded' }];
    expect(jobOutcome({ ...toolJob(undefined, { name: 'back-restore' }), status: { conditions } }, [pod])).toEqual({
      phase: 'running',
      message: `Job back-restore stopped after 60 s (activeDeadlineSeconds), but ${state}`,
    });
    expect(jobOutcome(toolJob(undefined, { name: 'back-restore', deleted: true }), [pod])).toEqual({
      phase: 'running',
      message: `Job back-restore is being deleted, but ${state}`,
    });
  });

  it('is open without a problem if its pod has succeeded but the Job has not recorded it yet', () => {
    expect(jobOutcome(toolJob(undefined), [toolPod(0, JSON.stringify(result))])).toEqual({ phase: 'running', message: '' });
  });

  it('is open while it runs without a problem', () => {
    expect(jobOutcome(toolJob(undefined), [])).toEqual({ phase: 'running', message: '' });
  });

  describe('whose pod has an injected container', () => {
    const withSidecar = (phase: 'Running' | 'Failed'): Pod => {
      const pod = toolPod(0, JSON.stringify(result));
      const sidecar = {
        name: 'istio-proxy',
        image: 'x',
        imageID: '',
        ready: false,
        restartCount: 0,
        state: phase === 'Running' ? { running: { startedAt: '2026-01-01T00:00:00Z' } } : { terminated: { exitCode: 1 } },
      };
      return { ...pod, status: { ...pod.status, phase, containerStatuses: [...(pod.status?.containerStatuses ?? []), sidecar] } };
    };

    it('is the result of the tool while that container keeps running', () => {
      expect(jobOutcome(toolJob(undefined), [withSidecar('Running')])).toMatchObject({ phase: 'succeeded', result });
    });

    it('is the result of the tool if that container failed, and the Job with it', () => {
      expect(jobOutcome(toolJob('Failed', { reason: 'BackoffLimitExceeded' }), [withSidecar('Failed')])).toMatchObject({
        phase: 'succeeded',
        result,
      });
    });
  });
});

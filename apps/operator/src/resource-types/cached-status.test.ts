import { describe, expect, it } from 'vitest';
import { podState, rolloutState } from './cached-status.ts';

const time = { lastTransitionTime: '2026-01-01T00:00:00Z' };

describe('rolloutState', () => {
  it('is the same for all steps of a rollout that change no count', () => {
    const progressing = { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', ...time };
    const step = (message: string, lastUpdateTime: string) =>
      rolloutState({ replicas: 1, unavailableReplicas: 1, conditions: [{ ...progressing, message, lastUpdateTime }] });
    expect(step('ReplicaSet "a" is progressing.', '2026-01-01T00:00:01Z')).toEqual(step('Created "a"', '2026-01-01T00:00:02Z'));
  });

  it('keeps the fields that explain a failure', () => {
    const conditions = [
      { type: 'Available', status: 'False', reason: 'MinimumReplicasUnavailable', message: 'none' },
      { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'ReplicaSet "a" has timed out' },
      { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota' },
    ];
    expect(rolloutState({ conditions }).conditions).toEqual(conditions.slice(1));
  });
});

describe('podState', () => {
  it('keeps phase, conditions and how containers run, without addresses and resources', () => {
    const state = { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } };
    const container = { name: 'module', image: 'echo:1', ready: false, restartCount: 3, state, lastState: {} };
    const condition = { type: 'Ready', status: 'False', ...time };
    const kept = podState({
      phase: 'Running',
      startTime: '2026-01-01T00:00:00Z',
      podIP: '10.0.0.1',
      qosClass: 'BestEffort',
      conditions: [{ ...condition, observedGeneration: 1 }],
      containerStatuses: [{ ...container, imageID: 'sha256:1', containerID: 'containerd://1', volumeMounts: [] }],
    });
    expect(kept).toEqual({
      phase: 'Running',
      startTime: '2026-01-01T00:00:00Z',
      conditions: [condition],
      containerStatuses: [{ ...container, imageID: '' }],
    });
  });
});

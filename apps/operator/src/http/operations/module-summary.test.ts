import type { BotModule } from '@eeveebot/crds';
import { describe, expect, it } from 'vitest';
import { botModule } from '../../../test/fixtures/bot-modules.ts';
import type { Pod } from '../../resource-types/kubernetes.ts';
import { imageTag, moduleSummary } from './module-summary.ts';

const module = (status?: BotModule['status']): BotModule => ({
  ...botModule({ moduleName: 'Echo' }),
  ...(status === undefined ? {} : { status }),
});

const pod = (name: string, status: Pod['status'], metadata: Partial<Pod['metadata']> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'bots', ...metadata },
  ...(status === undefined ? {} : { status }),
});

const readyAs = (status: string): NonNullable<Pod['status']> => ({
  phase: 'Running',
  conditions: [{ type: 'Ready', status }],
  startTime: '2026-01-01T00:00:00Z',
});

describe('the tag of an image', () => {
  it.each([
    ['eevee/echo', 'latest'],
    ['eevee/echo:1.2', '1.2'],
    ['registry:5000/eevee/echo', 'latest'],
    ['registry:5000/eevee/echo:edge', 'edge'],
    ['eevee/echo@sha256:abc', 'sha256:abc'],
    ['registry:5000/eevee/echo:1.2@sha256:abc', 'sha256:abc'],
  ])('of %s is %s', (image, tag) => {
    expect(imageTag(image)).toBe(tag);
  });
});

describe('moduleSummary', () => {
  it('reports a module that was just created', () => {
    expect(moduleSummary(module(), [])).toMatchObject({
      ready: false,
      reason: 'Pending',
      message: 'not reconciled yet',
      podStatus: null,
      lastBackup: null,
    });
  });

  it('reports the ready pod that is not terminating, or the newest if none is ready', () => {
    const at = (creationTimestamp: string) => ({ creationTimestamp });
    const told = (...pods: Pod[]) => moduleSummary(module(), pods).podStatus;
    const old = pod('old', readyAs('True'), at('2026-01-01T00:00:00Z'));
    const young = pod('young', { ...readyAs('False'), phase: 'Pending' }, at('2026-01-02T00:00:00Z'));
    const ending = pod('ending', readyAs('True'), { ...at('2026-01-03T00:00:00Z'), deletionTimestamp: '2026-01-04T00:00:00Z' });
    expect(told(young, old)?.phase).toBe('Running');
    expect(told(young, ending)?.phase).toBe('Pending');
    expect(told(ending)?.ready).toBe(true);
    const older = pod('older', { phase: 'Failed' }, at('2025-01-01T00:00:00Z'));
    expect(told(older, young)).toEqual(told(young, older));
    expect(told(older, young)?.phase).toBe('Pending');
  });

  it('has nulls for values that Kubernetes has not reported yet, and the sum of all restarts', () => {
    expect(moduleSummary(module(), [pod('new', undefined)]).podStatus).toEqual({
      phase: 'Unknown',
      ready: false,
      restartCount: 0,
      containerStatuses: [],
      conditions: [],
      startedAt: null,
    });
    const container = (name: string, restartCount: number) => ({ name, restartCount, ready: false, image: 'x', imageID: '' });
    const waiting = { ...container('module', 2), state: { waiting: { reason: 'CrashLoopBackOff' } } };
    const { podStatus } = moduleSummary(module(), [pod('two', { phase: 'Running', containerStatuses: [waiting, container('side', 3)] })]);
    expect(podStatus?.restartCount).toBe(5);
    expect(podStatus?.containerStatuses[0]).toMatchObject({ state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: {} });
  });
});

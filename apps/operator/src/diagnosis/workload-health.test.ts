import { describe, expect, it } from 'vitest';
import type { Deployment, Pod, StatefulSet } from '../resource-types/kubernetes.ts';
import { NO_EVENT_CAUSES, type Subject } from './event-causes.ts';
import { deploymentHealth, statefulSetHealth } from './workload-health.ts';

interface Given {
  size?: number;
  generation?: number;
  observedGeneration?: number;
  revision?: string;
  status?: Partial<NonNullable<Deployment['status']>>;
}

const deployment = ({ size = 1, generation = 1, observedGeneration = generation, revision = '1', status = {} }: Given): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd', namespace: 'n', generation, annotations: { 'deployment.kubernetes.io/revision': revision } },
  spec: { replicas: size, selector: {}, template: {} },
  status: { observedGeneration, ...status },
});

const pod = (name: string, hash: string, createdAt: string, status: Pod['status'] = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'n', creationTimestamp: createdAt, labels: { 'pod-template-hash': hash } },
  status,
});

const crashing: Pod['status'] = {
  containerStatuses: [
    {
      name: 'module',
      image: '',
      imageID: '',
      ready: false,
      restartCount: 3,
      state: { waiting: { reason: 'ErrImagePull', message: 'no such image' } },
    },
  ],
};
const ready: Pod['status'] = { conditions: [{ type: 'Ready', status: 'True' }] };
const complete = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };

describe('deploymentHealth', () => {
  it.each<[string, Given, string, string]>([
    ['just created', { observedGeneration: 0, revision: '0' }, 'Creating', '0/1 available'],
    ['first pod starting', { status: { replicas: 1, updatedReplicas: 1 } }, 'Creating', '0/1 available'],
    ['healthy', { status: complete }, 'Ready', '1/1 available'],
    ['scaled to 0', { size: 0 }, 'Ready', 'scaled to 0'],
    ['scaling to 0', { size: 0, status: { replicas: 1, updatedReplicas: 1 } }, 'Creating', 'scaling to 0: 1 still running'],
    ['edited, not yet observed', { generation: 2, observedGeneration: 1, status: complete }, 'Updating', '1/1 available'],
    [
      'rolling out',
      { generation: 2, revision: '2', status: { replicas: 2, updatedReplicas: 1, availableReplicas: 1, readyReplicas: 1 } },
      'Updating',
      '1/1 updated, 1 of the previous version still running',
    ],
    [
      'degraded after a finished rollout',
      {
        status: {
          replicas: 1,
          updatedReplicas: 1,
          conditions: [{ type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' }],
        },
      },
      'Unavailable',
      '0/1 available',
    ],
    [
      'out of quota',
      {
        status: {
          conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota: pods=0' }],
        },
      },
      'Unavailable',
      '0/1 available: pods cannot be created: exceeded quota: pods=0',
    ],
    [
      'stuck',
      {
        status: {
          replicas: 1,
          updatedReplicas: 1,
          conditions: [{ type: 'Progressing', status: 'False', message: 'has timed out progressing.' }],
        },
      },
      'Unavailable',
      '0/1 available: has timed out progressing.',
    ],
  ])('reports %s', (_, given, phase, message) => {
    expect(deploymentHealth(deployment(given), [])).toMatchObject({ phase, message });
  });

  it('is not ready while only the old ReplicaSet serves and the new one fails', () => {
    const rolling = deployment({
      generation: 2,
      revision: '2',
      status: { replicas: 2, updatedReplicas: 1, availableReplicas: 1, readyReplicas: 1 },
    });
    const pods = [pod('old', 'a', '2026-01-01T00:00:00Z', ready), pod('new', 'b', '2026-01-02T00:00:00Z', crashing)];
    expect(deploymentHealth(rolling, pods)).toMatchObject({
      phase: 'Unavailable',
      message: '1/1 updated, 1 of the previous version still running: pod new: container module is in ErrImagePull: no such image',
    });
  });

  it('is scaling up while pods that were evicted long ago are still listed', () => {
    const evicted: Pod['status'] = { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' };
    const scaled = deployment({ size: 2, status: { replicas: 2, updatedReplicas: 2, readyReplicas: 1, availableReplicas: 1 } });
    const pods = [
      pod('gone', 'a', '2026-01-02T00:00:00Z', evicted),
      pod('serving', 'a', '2026-01-03T00:00:00Z', ready),
      pod('starting', 'a', '2026-01-04T00:00:00Z', { phase: 'Pending' }),
    ];
    expect(deploymentHealth(scaled, pods)).toMatchObject({ phase: 'Creating', message: '1/2 available' });
  });

  it('quotes the eviction of the only pod there is', () => {
    const evicted = pod('gone', 'a', '2026-01-02T00:00:00Z', { phase: 'Failed', reason: 'Evicted', message: 'low on memory' });
    expect(deploymentHealth(deployment({}), [evicted]).message).toBe('0/1 available: pod gone: Evicted: low on memory');
  });

  it('finds the failing pod of the new ReplicaSet in any order of two pods that were created in the same second', () => {
    const rolling = deployment({ generation: 2, revision: '2', status: { replicas: 2, updatedReplicas: 1, availableReplicas: 1 } });
    const pods = [pod('old', 'a', '2026-01-01T00:00:00Z', ready), pod('new', 'b', '2026-01-01T00:00:00Z', crashing)];
    expect(deploymentHealth(rolling, pods).phase).toBe('Unavailable');
    expect(deploymentHealth(rolling, pods.toReversed()).phase).toBe('Unavailable');
  });

  it('reports how the probe of a first pod fails before the rollout times out', () => {
    const starting = pod('new', 'a', '2026-01-01T00:00:00Z', {
      conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: '2026-01-01T00:00:00Z' }],
      containerStatuses: [
        {
          name: 'module',
          image: '',
          imageID: '',
          ready: false,
          restartCount: 0,
          state: { running: { startedAt: '2026-01-01T00:00:01Z' } },
        },
      ],
    });
    const eventCauses = { ...NO_EVENT_CAUSES, probe: () => 'Readiness probe failed: HTTP probe failed with statuscode: 503' };
    expect(deploymentHealth(deployment({ status: { replicas: 1, updatedReplicas: 1 } }), [starting], eventCauses)).toMatchObject({
      phase: 'Creating',
      message:
        '0/1 available: pod new: container module is running but not ready yet: Readiness probe failed: HTTP probe failed with statuscode: 503',
    });
  });

  it('names the pod on a lost node that its replacement waits for, unless that has a problem of its own', () => {
    const serving = { name: 'module', image: '', imageID: '', ready: true, restartCount: 0, state: { running: {} } };
    const old = pod('old', 'a', '2026-01-01T00:00:00Z', {
      conditions: [{ type: 'Ready', status: 'False' }],
      containerStatuses: [serving],
    });
    const lost = {
      ...old,
      metadata: { ...old.metadata, deletionTimestamp: '2026-01-01T00:01:00Z' },
      spec: { containers: [], nodeName: 'n1' },
    };
    const rolling = deployment({ generation: 2, revision: '2' });
    expect(deploymentHealth(rolling, [lost])).toMatchObject({
      phase: 'Unavailable',
      message: expect.stringContaining('0/1 available: pod old: is being deleted, but its node n1 does not respond') as string,
    });
    const { message } = deploymentHealth(rolling, [lost, pod('new', 'b', '2026-01-01T00:02:00Z', crashing)]);
    expect(message).toContain('no such image');
  });

  it('says that a rollout waits because the Deployment is paused', () => {
    const rolling = deployment({ generation: 2, revision: '1', status: { ...complete, updatedReplicas: 0 } });
    const paused = { ...rolling, spec: { replicas: 1, selector: {}, template: {}, paused: true } };
    expect(deploymentHealth(paused, [])).toMatchObject({
      phase: 'Unavailable',
      message: expect.stringContaining(': Deployment d is paused (spec.paused): run kubectl rollout resume deployment/d') as string,
    });
    expect(deploymentHealth({ ...paused, status: { observedGeneration: 2, ...complete } }, [])).toMatchObject({ phase: 'Ready' });
  });

  it('does not blame a pod of an older ReplicaSet for the newest rollout', () => {
    const rolling = deployment({ generation: 3, revision: '3', status: { replicas: 2, updatedReplicas: 1 } });
    const pods = [pod('old', 'a', '2026-01-01T00:00:00Z', crashing), pod('new', 'b', '2026-01-02T00:00:00Z', {})];
    expect(deploymentHealth(rolling, pods).phase).toBe('Updating');
  });
});

describe('statefulSetHealth', () => {
  const statefulSet = (status: Partial<NonNullable<StatefulSet['status']>>): StatefulSet => ({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 's', namespace: 'n', generation: 1 },
    spec: { replicas: 3, serviceName: 's', selector: {}, template: {} },
    status: { observedGeneration: 1, replicas: 0, ...status },
  });

  it('is ready when all replicas are of the newest revision and available', () => {
    const status = { replicas: 3, readyReplicas: 3, availableReplicas: 3, updatedReplicas: 3, currentRevision: 'a', updateRevision: 'a' };
    expect(statefulSetHealth(statefulSet(status), [])).toMatchObject({ phase: 'Ready', message: '3/3 available', readyReplicas: 3 });
  });

  it('is degraded when it has lost a server that does not restart', () => {
    const status = { replicas: 3, readyReplicas: 2, availableReplicas: 2, updatedReplicas: 3, currentRevision: 'a', updateRevision: 'a' };
    expect(statefulSetHealth(statefulSet(status), [])).toMatchObject({ phase: 'Unavailable', message: '2/3 available' });
  });

  it('reports why its pods cannot be created, which its status does not contain', () => {
    const eventCauses = {
      ...NO_EVENT_CAUSES,
      creation: ({ kind, metadata: { name } }: Subject) => `create Pod ${kind} ${name}-0 failed error: exceeded quota: few`,
    };
    const status = { replicas: 2, readyReplicas: 2, availableReplicas: 2, updatedReplicas: 2, currentRevision: 'a', updateRevision: 'a' };
    expect(statefulSetHealth(statefulSet(status), [], eventCauses)).toMatchObject({
      phase: 'Unavailable',
      message: '2/3 available: pods cannot be created: create Pod StatefulSet s-0 failed error: exceeded quota: few',
    });
    const all = { ...status, replicas: 3, updatedReplicas: 3 };
    expect(statefulSetHealth(statefulSet(all), [], eventCauses)).toMatchObject({ message: '2/3 available' });
  });

  it('is being created while none of its pods is available', () => {
    const status = { replicas: 3, readyReplicas: 0, availableReplicas: 0, updatedReplicas: 3, currentRevision: 'a', updateRevision: 'a' };
    expect(statefulSetHealth(statefulSet(status), [])).toMatchObject({ phase: 'Creating' });
  });

  it('is rolling out while revisions differ', () => {
    const status = { replicas: 3, readyReplicas: 3, availableReplicas: 3, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'b' };
    expect(statefulSetHealth(statefulSet(status), [])).toMatchObject({ phase: 'Updating' });
  });
});

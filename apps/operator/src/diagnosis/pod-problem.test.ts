import { describe, expect, it } from 'vitest';
import type { Pod } from '../resource-types/kubernetes.ts';
import { NO_EVENT_CAUSES, type EventCauses } from './event-causes.ts';
import { deletionState, podProblem } from './pod-problem.ts';

type Status = NonNullable<Pod['status']>;
type ContainerStatus = NonNullable<Status['containerStatuses']>[number];

const container = (state: ContainerStatus['state'], more: Partial<ContainerStatus> = {}): ContainerStatus => ({
  name: 'module',
  image: 'echo:1',
  imageID: '',
  ready: false,
  restartCount: 0,
  ...(state === undefined ? {} : { state }),
  ...more,
});

const pod = (status: Status, metadata: Partial<Pod['metadata']> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'echo-1', namespace: 'bots', ...metadata },
  status,
});

const withContainers = (...containerStatuses: ContainerStatus[]): Pod => pod({ phase: 'Running', containerStatuses });

describe('podProblem', () => {
  it('finds no problem in a ready or terminating pod', () => {
    expect(podProblem(pod({ conditions: [{ type: 'Ready', status: 'True' }] }))).toBeUndefined();
    expect(podProblem(pod({}, { deletionTimestamp: '2026-01-01T00:00:00Z' }))).toBeUndefined();
  });

  it.each<[string, Pod, string]>([
    [
      'a crash loop, with the last line the program wrote',
      withContainers(
        container(
          { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s restarting failed container' } },
          {
            lastState: {
              terminated: { exitCode: 1, reason: 'Error', message: 'starting\nenvironment variable NATS_HOST is not set\n    ^\n\n}\n' },
            },
          },
        ),
      ),
      'pod echo-1: container module is in CrashLoopBackOff: exit 1: "environment variable NATS_HOST is not set"',
    ],
    [
      'a crash loop that said nothing',
      withContainers(
        container({ waiting: { reason: 'CrashLoopBackOff' } }, { lastState: { terminated: { exitCode: 139, reason: 'Error' } } }),
      ),
      'pod echo-1: container module is in CrashLoopBackOff: exit 139',
    ],
    [
      'a program that ran out of memory',
      withContainers(
        container({ waiting: { reason: 'CrashLoopBackOff' } }, { lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } }),
      ),
      'pod echo-1: container module is in CrashLoopBackOff: OOMKilled (out of memory), exit 137',
    ],
    [
      "an image that cannot be pulled, in the kubelet's words",
      withContainers(container({ waiting: { reason: 'ErrImagePull', message: 'failed to resolve reference "x/y:1": not found' } })),
      'pod echo-1: container module is in ErrImagePull: failed to resolve reference "x/y:1": not found',
    ],
    [
      'a missing Secret',
      withContainers(container({ waiting: { reason: 'CreateContainerConfigError', message: 'secret "mysecret" not found' } })),
      'pod echo-1: container module is in CreateContainerConfigError: secret "mysecret" not found',
    ],
    [
      'a container between two restarts',
      withContainers(container({ terminated: { exitCode: 2, reason: 'Error', message: 'boom' } })),
      'pod echo-1: container module ended: exit 2: "boom"',
    ],
    [
      'a pod that no node takes',
      pod({
        phase: 'Pending',
        conditions: [
          { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes are available: 1 Insufficient memory.' },
        ],
      }),
      'pod echo-1: cannot be scheduled: 0/1 nodes are available: 1 Insufficient memory.',
    ],
    [
      'an evicted pod',
      pod({ phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' }),
      'pod echo-1: Evicted: The node was low on resource: memory.',
    ],
    [
      'a pod that lost its readiness',
      pod({
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: '2026-01-01T00:05:00Z' }],
        containerStatuses: [container({ running: { startedAt: '2026-01-01T00:00:00Z' } })],
      }),
      'pod echo-1: container module is running but no longer ready: its readiness probe fails',
    ],
    [
      'a failing init container before the containers that wait for it',
      pod({
        phase: 'Pending',
        initContainerStatuses: [container({ terminated: { exitCode: 3, reason: 'Error' } }, { name: 'prepare' })],
        containerStatuses: [container({ waiting: { reason: 'PodInitializing' } })],
      }),
      'pod echo-1: container prepare ended: exit 3',
    ],
  ])('names %s', (_, failing, message) => {
    expect(podProblem(failing)).toEqual({ severity: 'failing', message });
  });

  it.each<[string, Pod]>([
    ['is being created', withContainers(container({ waiting: { reason: 'ContainerCreating' } }))],
    [
      'is running but not ready yet',
      pod({
        conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: '2026-01-01T00:00:00Z' }],
        containerStatuses: [container({ running: { startedAt: '2026-01-01T00:00:02Z' } })],
      }),
    ],
    ['is not ready yet', pod({ phase: 'Pending' })],
  ])('reports a pod that %s as starting', (words, starting) => {
    expect(podProblem(starting)).toMatchObject({ severity: 'starting', message: expect.stringContaining(words) });
  });

  it('names the node that no longer responds', () => {
    const lost: Pod = {
      ...pod({
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'False' }],
        containerStatuses: [container({ running: {} }, { ready: true })],
      }),
      spec: { nodeName: 'node7', containers: [] },
    };
    expect(podProblem(lost)).toEqual({
      severity: 'failing',
      message: 'pod echo-1: is not ready although its containers are: its node node7 does not respond',
    });
  });

  describe('with reports of other components', () => {
    const eventCauses = (said: Partial<EventCauses>): EventCauses => ({ ...NO_EVENT_CAUSES, ...said });
    const http503 = 'Readiness probe failed: HTTP probe failed with statuscode: 503';
    const liveness = 'Liveness probe failed: Get "http://10.0.0.7:9000/health": context deadline exceeded';
    const unready = (containerStatus: ContainerStatus, lastTransitionTime = '2026-01-01T00:00:00Z') =>
      pod({ conditions: [{ type: 'Ready', status: 'False', lastTransitionTime }], containerStatuses: [containerStatus] });
    const killed = { exitCode: 143, reason: 'Error' };

    it.each<[string, Pod, Partial<EventCauses>, object]>([
      [
        'why the claim of a pod that no node takes has no volume',
        {
          ...pod({
            phase: 'Pending',
            conditions: [{ type: 'PodScheduled', status: 'False', message: 'pod has unbound immediate PersistentVolumeClaims.' }],
          }),
          spec: { containers: [], volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
        },
        { claim: (name) => `volume claim ${name} has no volume: quota exceeded` },
        { severity: 'failing', message: 'pod echo-1: cannot be scheduled: volume claim data has no volume: quota exceeded' },
      ],
      [
        'why the claim of an ephemeral volume has no volume',
        {
          ...pod({ phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', message: 'unbound' }] }),
          spec: { containers: [], volumes: [{ name: 'verification', ephemeral: {} }] },
        },
        { claim: (name) => `volume claim ${name} has no volume: quota exceeded` },
        { severity: 'failing', message: 'pod echo-1: cannot be scheduled: volume claim echo-1-verification has no volume: quota exceeded' },
      ],
      [
        'how the probe of a pod failed that is not ready yet',
        unready(container({ running: { startedAt: '2026-01-01T00:00:02Z' } })),
        { probe: () => http503 },
        { severity: 'starting', message: `pod echo-1: container module is running but not ready yet: ${http503}`, isTold: true },
      ],
      [
        'how the probe of a pod failed that was ready',
        unready(container({ running: { startedAt: '2026-01-01T00:00:02Z' } }), '2026-01-01T00:05:00Z'),
        { probe: () => http503 },
        { severity: 'failing', message: `pod echo-1: container module is running but no longer ready: ${http503}` },
      ],
      [
        'the probe after which the kubelet ended a container',
        unready(container({ waiting: { reason: 'CrashLoopBackOff' } }, { lastState: { terminated: killed } })),
        { probe: () => liveness },
        {
          severity: 'failing',
          message: `pod echo-1: container module is in CrashLoopBackOff: exit 143: stopped by the kubelet:  ${liveness}`,
        },
      ],
      [
        'how a program ended that crashed after a failed probe',
        unready(container({ waiting: { reason: 'CrashLoopBackOff' } }, { lastState: { terminated: { exitCode: 1, message: 'boom' } } })),
        { probe: () => liveness },
        { severity: 'failing', message: 'pod echo-1: container module is in CrashLoopBackOff: exit 1: "boom"' },
      ],
    ])('names %s', (_, failing, said, problem) => {
      expect(podProblem(failing, eventCauses(said))).toEqual(problem);
    });
  });

  it('quotes only the end of a long line', () => {
    const looping = withContainers(container({ terminated: { exitCode: 1, message: `${'x'.repeat(5000)} the end` } }));
    const message = podProblem(looping)?.message ?? '';
    expect(message.length).toBeLessThan(400);
    expect(message).toContain('the end');
  });
});

describe('pod in deletion', () => {
  const running = container({ running: { startedAt: '2026-01-01T00:00:00Z' } }, { ready: true });
  const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' };
  const onNode = (given: Pod): Pod => ({ ...given, spec: { containers: [], nodeName: 'n1' } });
  /** As Kubernetes marks the pods of a node that does not respond. */
  const lost = (metadata: Partial<Pod['metadata']>): Pod =>
    onNode(pod({ phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }], containerStatuses: [running] }, metadata));
  const text =
    'is being deleted, but its node n1 does not respond; if the machine is off, delete Node n1, so that Kubernetes removes the pod';

  it('is a problem while its node does not respond, with the fix', () => {
    expect(podProblem(lost(deleted))).toEqual({ severity: 'failing', message: `pod echo-1: ${text}` });
    expect(deletionState(lost(deleted))).toBe(text);
  });

  it('is not a problem while its node responds, whatever the state of its containers', () => {
    const unready = { type: 'Ready', status: 'False' as const };
    const ending = [
      pod({ phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], containerStatuses: [running] }, deleted),
      pod(
        {
          phase: 'Running',
          conditions: [{ ...unready, reason: 'ContainersNotReady', message: 'containers with unready status: [module]' }],
        },
        deleted,
      ),
      pod(
        {
          phase: 'Succeeded',
          conditions: [{ ...unready, reason: 'PodCompleted' }],
          containerStatuses: [container({ terminated: { exitCode: 0 } })],
        },
        deleted,
      ),
      pod({ phase: 'Running', conditions: [unready], containerStatuses: [container({ terminated: { exitCode: 0 } })] }, deleted),
      pod({ phase: 'Running', conditions: [{ ...unready, reason: 'ReadinessGatesNotReady' }], containerStatuses: [running] }, deleted),
    ];
    for (const each of ending) {
      expect(podProblem(onNode(each))).toBeUndefined();
      expect(deletionState(onNode(each))).toBe('is being deleted on node n1');
    }
  });

  it('has a state only once it is deleted', () => {
    expect(deletionState(lost({}))).toBeUndefined();
    expect(deletionState(pod({}, deleted))).toBe('is being deleted');
    const held = { ...deleted, finalizers: ['batch.kubernetes.io/job-tracking', 'x/hold'] };
    expect(deletionState(pod({}, held))).toBe('is being deleted (finalizers: x/hold)');
  });
});

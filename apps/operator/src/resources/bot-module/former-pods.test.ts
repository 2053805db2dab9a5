import { describe, expect, it } from 'vitest';
import { observedModule } from '../../../test/fixtures/bot-modules.ts';
import type { Pod } from '../../resource-types/kubernetes.ts';
import { FormerPods } from './former-pods.ts';

const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'eevee-echo-module-pvc' } }];
const pod = (metadata: object = {}, phase = 'Running'): Pod => ({
  ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'old', uid: 'uid-old', ...metadata } },
  ...{ spec: { nodeName: 'n1', containers: [], volumes }, status: { phase } },
});
const ending = { deletionTimestamp: '2026-01-01T00:00:00Z' };

/** The obstacles in a module with this pod, at these times in milliseconds. */
function obstacles(given: Pod, modes: readonly ('ReadWriteOnce' | 'ReadWriteMany')[], atMs: readonly number[]) {
  const formerPods = new FormerPods();
  const observed = observedModule({ persistentVolumeClaim: { accessModes: [...modes] } }, { pods: [given] });
  return atMs.map((elapsedMs) => formerPods.obstacle(observed, { elapsedMs: () => elapsedMs }));
}

describe('a pod from before a module was stopped', () => {
  it('keeps the module stopped while it is being deleted, for as long as that takes', () => {
    const message = 'pod old still uses the volume: it is being deleted on node n1; the module starts after it has ended';
    expect(obstacles(pod(ending), ['ReadWriteOnce'], [0, 86_400_000])).toEqual([message, message]);
  });

  it('keeps it stopped until its deletion should have begun', () => {
    const message = 'pod old still uses the volume; the module starts after it has ended';
    expect(obstacles(pod(), ['ReadWriteOnce'], [1_000, 60_999, 61_000])).toEqual([message, message, undefined]);
  });

  it('does not matter after it has ended, on a volume for many writers, or without the volume', () => {
    expect(obstacles(pod(ending, 'Failed'), ['ReadWriteOnce'], [0])).toEqual([undefined]);
    expect(obstacles(pod(ending), ['ReadWriteMany'], [0])).toEqual([undefined]);
    expect(obstacles({ ...pod(ending), spec: { containers: [] } }, ['ReadWriteOnce'], [0])).toEqual([undefined]);
  });

  it('keeps it stopped again if it is stopped much later', () => {
    const message = 'pod old still uses the volume; the module starts after it has ended';
    expect(obstacles(pod(), ['ReadWriteOnce'], [0, 60_000, 3_600_000, 3_660_000])).toEqual([message, undefined, message, undefined]);
  });

  it('matters as well on volumes of the spec that may have a single writer, with or without a claim', () => {
    const mounts = { volumeMounts: [{ name: 'shared', mountPath: '/shared' }] };
    const theirs = [{ name: 'shared', persistentVolumeClaim: { claimName: 'theirs' } }];
    const disk = [{ name: 'shared', iscsi: { targetPortal: '10.0.0.1', iqn: 'iqn.2001-04.com.example:disk', lun: 0 } }];
    const former = (volumesOf: object[]): Pod => ({
      ...pod(ending),
      spec: { nodeName: 'n1', containers: [], volumes: volumesOf as never },
    });
    const obstacle = (spec: object, given: Pod) =>
      new FormerPods().obstacle(observedModule({ ...mounts, ...spec }, { pods: [given] }), { elapsedMs: () => 0 });
    expect(obstacle({ volumes: theirs }, former(theirs))).toMatch(/^pod old still uses the volume/);
    expect(obstacle({ volumes: disk }, former([]))).toMatch(/^pod old still uses the volume/);
    expect(obstacle({ volumes: theirs }, former([]))).toBeUndefined();
    expect(obstacle({ volumes: theirs, volumeMounts: [] }, former(theirs))).toBeUndefined();
  });
});

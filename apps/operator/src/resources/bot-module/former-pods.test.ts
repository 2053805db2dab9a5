import { describe, expect, it } from 'vitest';
import type { Pod } from '../../resource-types/kubernetes.ts';
import { FormerPods } from './former-pods.ts';
import type { SingleWriterVolumes } from './single-writer.ts';

const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'eevee-echo-module-pvc' } }];
const pod = (metadata: object = {}, phase = 'Running'): Pod => ({
  ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'old', uid: 'uid-old', ...metadata } },
  ...{ spec: { nodeName: 'n1', containers: [], volumes }, status: { phase } },
});
const ending = { deletionTimestamp: '2026-01-01T00:00:00Z' };

const own = { claims: ['eevee-echo-module-pvc'], hasDisk: false };

/** Names of the pods that keep a module with this pod stopped, at these times in milliseconds. */
function obstacles(given: Pod, atMs: readonly number[], volumesOf: SingleWriterVolumes = own) {
  const formerPods = new FormerPods();
  return atMs.map((elapsedMs) => formerPods.find([given], volumesOf, { elapsedMs: () => elapsedMs })?.metadata.name);
}

describe('a pod from before a module was stopped', () => {
  it('keeps the module stopped while it is being deleted, for as long as that takes', () => {
    expect(obstacles(pod(ending), [0, 86_400_000])).toEqual(['old', 'old']);
  });

  it('keeps it stopped until its deletion should have begun', () => {
    expect(obstacles(pod(), [1_000, 60_999, 61_000])).toEqual(['old', 'old', undefined]);
  });

  it('does not matter after it has ended, nor without such a volume', () => {
    expect(obstacles(pod(ending, 'Failed'), [0])).toEqual([undefined]);
    expect(obstacles(pod(ending), [0], { claims: ['files'], hasDisk: false })).toEqual([undefined]);
    expect(obstacles({ ...pod(ending), spec: { containers: [] } }, [0])).toEqual([undefined]);
  });

  it('matters if the volume is a disk and the pod has one, whose name is not known', () => {
    const disk = { claims: [], hasDisk: true };
    const withDisk = {
      ...pod(ending),
      spec: { containers: [], volumes: [{ name: 'files', iscsi: { iqn: 'q', lun: 0, targetPortal: 'p' } }] },
    };
    expect(obstacles(withDisk, [0], disk)).toEqual(['old']);
    expect(obstacles({ ...withDisk, status: { phase: 'Succeeded' } }, [0], disk)).toEqual([undefined]);
    expect(obstacles(pod(ending), [0], disk)).toEqual([undefined]);
  });

  it('keeps it stopped again if it is stopped much later', () => {
    expect(obstacles(pod(), [0, 60_000, 3_600_000, 3_660_000])).toEqual(['old', undefined, 'old', undefined]);
  });

  it('keeps it stopped again after the module was started beside it', () => {
    const formerPods = new FormerPods();
    const find = (elapsedMs: number) => formerPods.find([pod()], own, { elapsedMs: () => elapsedMs })?.metadata.name;
    expect([find(0), find(60_000)]).toEqual(['old', undefined]);
    formerPods.started([pod()]);
    expect([find(61_000), find(121_000)]).toEqual(['old', undefined]);
  });
});

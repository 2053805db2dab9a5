import { describe, expect, it } from 'vitest';
import type { CoreEvent, PersistentVolumeClaim } from '../resource-types/kubernetes.ts';
import { claimProblem } from './claim-problem.ts';

const claim = (phase: 'Pending' | 'Bound' | 'Lost', spec: NonNullable<PersistentVolumeClaim['spec']> = {}): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data', namespace: 'bots' },
  spec,
  status: { phase },
});

const event = (reason: string, message: string): CoreEvent => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: `data.${reason}`, namespace: 'bots' },
  involvedObject: { kind: 'PersistentVolumeClaim', name: 'data' },
  reason,
  message,
});

const fast = { storageClassName: 'fast' };

describe('claimProblem', () => {
  it.each<[string, PersistentVolumeClaim, readonly CoreEvent[], string]>([
    [
      'the failure of a provisioner, quoted',
      claim('Pending', fast),
      [
        event('Provisioning', 'External provisioner is provisioning volume for claim "bots/data"'),
        event(
          'ProvisioningFailed',
          'failed to provision volume with StorageClass "fast": rpc error: code = ResourceExhausted desc = quota exceeded',
        ),
      ],
      'volume claim data has no volume: failed to provision volume with StorageClass "fast": rpc error: code = ResourceExhausted desc = quota exceeded',
    ],
    [
      'a StorageClass that does not exist',
      claim('Pending', fast),
      [event('ProvisioningFailed', 'storageclass.storage.k8s.io "fast" not found')],
      'volume claim data has no volume: storageclass.storage.k8s.io "fast" not found',
    ],
    [
      'that there is no StorageClass, in the words of the binder',
      claim('Pending'),
      [event('FailedBinding', 'no persistent volumes available for this claim and no storage class is set')],
      'volume claim data has no volume: no persistent volumes available for this claim and no storage class is set',
    ],
    [
      'a provisioner that does not answer',
      claim('Pending', fast),
      [
        event(
          'ExternalProvisioning',
          "Waiting for a volume to be created either by the external provisioner 'ebs.csi.aws.com' or manually by the system administrator.",
        ),
      ],
      "volume claim data has no volume: Waiting for a volume to be created either by the external provisioner 'ebs.csi.aws.com' or manually by the system administrator.",
    ],
    [
      'that there is no StorageClass, before any event says so',
      claim('Pending'),
      [],
      'volume claim data has no volume: it has no StorageClass, and the cluster has no default StorageClass; set spec.persistentVolumeClaim.storageClassName',
    ],
    ['a lost volume', claim('Lost', { volumeName: 'pv-1' }), [], 'volume claim data has lost its volume pv-1: the data may be gone'],
    ['the volume that it is bound to', claim('Pending', { ...fast, volumeName: 'pv-1' }), [], 'volume claim data waits for volume pv-1'],
  ])('names %s', (_, given, events, message) => {
    expect(claimProblem(given, events)).toBe(message);
  });

  it.each<[string, PersistentVolumeClaim, readonly CoreEvent[]]>([
    ['is bound', claim('Bound', fast), [event('ProvisioningFailed', 'once')]],
    [
      'waits for its first pod',
      claim('Pending', fast),
      [event('WaitForFirstConsumer', 'waiting for first consumer to be created before binding')],
    ],
    [
      'waits for its pod to be scheduled again',
      claim('Pending', fast),
      [event('ProvisioningFailed', 'once'), event('WaitForPodScheduled', 'waiting for pod echo to be scheduled')],
    ],
    ['has just been made', claim('Pending', fast), []],
  ])('finds no problem when the claim %s', (_, given, events) => {
    expect(claimProblem(given, events)).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { observedModule, volumeClaim } from '../../../test/fixtures/bot-modules.ts';
import { replicasMeanwhile } from './replicas.ts';

const withBackup = { bootstrapFromBackup: { s3Store: { name: 's3' }, imagePullPolicy: 'IfNotPresent' } } as const;
const claim = volumeClaim({ bootstrapped: true });
const recreated = {
  ...claim,
  metadata: { ...claim.metadata, annotations: { ...claim.metadata.annotations, 'eevee.bot/bootstrapped-claim': 'uid-of-the-former' } },
};

/** Replicas of a stopped module with a volume, whose spec cannot be carried out. */
const replicasOf = (spec: object, found: typeof claim | undefined, annotations = {}): number =>
  replicasMeanwhile(
    observedModule(
      { persistentVolumeClaim: { accessModes: ['ReadWriteOnce'] }, ...spec },
      {
        deployment: {
          ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'eevee-echo-module', annotations } },
          spec: { replicas: 0 } as never,
        },
        volumeClaim: found,
      },
    ),
  );

describe('a stopped module whose spec cannot be carried out', () => {
  it('is started on its volume', () => {
    expect(replicasOf({}, claim)).toBe(1);
    expect(replicasOf(withBackup, claim)).toBe(1);
    expect(replicasOf({ size: 0 }, claim)).toBe(0);
  });

  it('is not started without a volume, nor on one that was created again and has no backup in it yet', () => {
    expect(replicasOf({}, undefined)).toBe(0);
    expect(replicasOf(withBackup, recreated)).toBe(0);
    expect(replicasOf({}, recreated)).toBe(1);
    expect(replicasOf(withBackup, volumeClaim(), { 'eevee.bot/claim-uid': 'uid-of-the-former' })).toBe(0);
    expect(replicasOf(withBackup, volumeClaim(), { 'eevee.bot/claim-uid': 'uid-pvc' })).toBe(1);
    expect(replicasOf(withBackup, volumeClaim())).toBe(1);
  });
});

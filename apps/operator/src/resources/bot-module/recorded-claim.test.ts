import { describe, expect, it } from 'vitest';
import { observedModule, volumeClaim } from '../../../test/fixtures/bot-modules.ts';
import { claimToRecord } from './recorded-claim.ts';

const spec = {
  persistentVolumeClaim: { accessModes: ['ReadWriteOnce'] },
  bootstrapFromBackup: { s3Store: { name: 's3' }, imagePullPolicy: 'IfNotPresent' },
} as const;
const deployment = (replicas: number, annotations = {}) => ({
  ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'eevee-echo-module', annotations } },
  spec: { replicas } as never,
});
const recorded = (existing: ReturnType<typeof deployment> | undefined, replicas: number, given: object = spec) =>
  claimToRecord(observedModule(given, { deployment: existing, volumeClaim: volumeClaim() }), replicas);

describe('the claim that is recorded on the Deployment of a module', () => {
  it('is the present one, once the Deployment is created, started or stopped', () => {
    expect(recorded(undefined, 1)).toBe('uid-pvc');
    expect(recorded(deployment(0), 1)).toBe('uid-pvc');
    expect(recorded(deployment(1), 0)).toBe('uid-pvc');
    expect(recorded(deployment(1, { 'eevee.bot/claim-uid': 'uid-of-the-former' }), 1)).toBe('uid-pvc');
  });

  it('changes no Deployment of an earlier release that needs no other change', () => {
    expect(recorded(deployment(1), 1)).toBeUndefined();
    expect(recorded(deployment(0), 0)).toBeUndefined();
  });

  it('is needed only where a bootstrap could follow', () => {
    expect(recorded(undefined, 1, { persistentVolumeClaim: spec.persistentVolumeClaim })).toBeUndefined();
    expect(recorded(undefined, 1, { bootstrapFromBackup: spec.bootstrapFromBackup })).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import type { PersistentVolumeClaim, Pod } from '../../src/resource-types/kubernetes.ts';
import { VolumeInvariants } from './invariants.ts';

const CLAIM = 'eevee-a-module-pvc';

function pod(name: string, labels: Record<string, string>, { phase = 'Running', terminating = false } = {}): Pod {
  return {
    metadata: { name, namespace: 'n', labels: { 'eevee.bot/module': 'a', ...labels }, ...(terminating && { deletionTimestamp: 'now' }) },
    spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: CLAIM } }] },
    status: { phase },
  } as unknown as Pod;
}

const module = (name: string, options?: Parameters<typeof pod>[2]): Pod => pod(name, { app: 'eevee.bot' }, options);
const tool = (name: string, job: string, component: string, options?: Parameters<typeof pod>[2]): Pod =>
  pod(
    name,
    { 'app.kubernetes.io/name': 'eevee-backup', 'app.kubernetes.io/component': component, 'batch.kubernetes.io/job-name': job },
    options,
  );
const claim = (uid: string): PersistentVolumeClaim => ({ metadata: { name: CLAIM, uid } }) as PersistentVolumeClaim;

describe('invariants of a volume', () => {
  it('hold for a restore without other pods, and for a backup beside its module', () => {
    const invariants = new VolumeInvariants();
    expect(invariants.podChanged('ADDED', module('m'))).toEqual([]);
    expect(invariants.podChanged('ADDED', tool('b', 'backup', 'backup'))).toEqual([]);
    expect(invariants.podChanged('MODIFIED', tool('b', 'backup', 'backup', { phase: 'Succeeded' }))).toEqual([]);
    expect(invariants.podChanged('DELETED', module('m'))).toEqual([]);
    expect(invariants.podChanged('ADDED', tool('r', 'r1-restore', 'restore'))).toEqual([]);
  });

  it.each([
    ['a module', module('other')],
    ['a module that is terminating', module('other', { terminating: true })],
    ['a module that has not begun yet', module('other', { phase: 'Pending' })],
    ['a backup', tool('other', 'backup', 'backup')],
    ['another restore', tool('other', 'r2-restore', 'restore')],
  ])('are violated by a restore beside %s', (_what, other) => {
    const invariants = new VolumeInvariants();
    invariants.podChanged('ADDED', other);
    const [violation] = invariants.podChanged('ADDED', tool('r', 'r1-restore', 'restore'));
    expect(violation).toMatchObject({ invariant: 'one writer', message: expect.stringContaining('other') });
  });

  it.each([
    ['a', []],
    ['b', [{ invariant: 'one writer', message: expect.stringContaining('of b mounts claim eevee-a-module-pvc of a') }]],
  ])('are violated by a pod of another module than that of the claim: %s', (name, violations) => {
    const other = module('other');
    const labels = { ...other.metadata.labels, 'eevee.bot/module': name };
    expect(new VolumeInvariants().podChanged('ADDED', { ...other, metadata: { ...other.metadata, labels } })).toEqual(violations);
  });

  it('are violated by a bootstrap over a claim that the module used, but not over a newer one', () => {
    const bootstrap = tool('b', 'eevee-a-bootstrap-restore', 'restore');
    const invariants = new VolumeInvariants();
    invariants.claimChanged('ADDED', claim('first'));
    invariants.podChanged('ADDED', module('m'));
    invariants.podChanged('DELETED', module('m'));
    expect(invariants.podChanged('ADDED', bootstrap)).toMatchObject([{ invariant: 'no bootstrap over live data' }]);
    invariants.podChanged('DELETED', bootstrap);
    invariants.claimChanged('DELETED', claim('first'));
    invariants.claimChanged('ADDED', claim('second'));
    expect(invariants.podChanged('ADDED', bootstrap)).toEqual([]);
  });
});

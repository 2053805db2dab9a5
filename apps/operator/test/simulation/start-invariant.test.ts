import type { BotModule } from '@eeveebot/crds';
import { describe, expect, it } from 'vitest';
import type { PersistentVolumeClaim, Pod } from '../../src/resource-types/kubernetes.ts';
import { StartInvariant } from './start-invariant.ts';

const CLAIM = 'eevee-a-module-pvc';
let version = 0;
const metadata = (name: string, more: object = {}) => ({ name, namespace: 'n', resourceVersion: String(++version), ...more });

const module = (given: { readonly bootstrap: boolean; readonly isSeen?: boolean }): BotModule =>
  ({
    metadata: metadata('a', { generation: 2 }),
    spec: { persistentVolumeClaim: {}, ...(given.bootstrap && { bootstrapFromBackup: {} }) },
    status: { observedGeneration: given.isSeen === false ? 1 : 2 },
  }) as unknown as BotModule;
const claim = (uid: string): PersistentVolumeClaim => ({ metadata: metadata(CLAIM, { uid }) }) as PersistentVolumeClaim;
const pod = (name: string, labels: object = {}, phase = 'Running'): Pod =>
  ({
    metadata: metadata(name, { labels: { 'eevee.bot/module': 'a', ...labels } }),
    spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: CLAIM } }] },
    status: { phase },
  }) as unknown as Pod;
const restored = (): Pod => pod('r', { 'app.kubernetes.io/name': 'eevee-backup', 'app.kubernetes.io/component': 'restore' }, 'Succeeded');

describe('start on a new claim', () => {
  it.each<[string, (invariant: StartInvariant) => void]>([
    ['is good when a restore has ended before', (invariant) => invariant.podChanged('MODIFIED', restored())],
    [
      'is good when bootstrapFromBackup was removed since',
      (invariant) => invariant.moduleChanged('MODIFIED', module({ bootstrap: false })),
    ],
  ])('%s', (_, between) => {
    const invariant = new StartInvariant();
    invariant.moduleChanged('MODIFIED', module({ bootstrap: true }));
    invariant.claimChanged('ADDED', claim('new'));
    between(invariant);
    invariant.podChanged('MODIFIED', pod('m'));
    expect(invariant.judge()).toEqual([]);
  });

  it('is good when the operator created the claim before it observed bootstrapFromBackup', () => {
    const invariant = new StartInvariant();
    invariant.moduleChanged('MODIFIED', module({ bootstrap: true, isSeen: false }));
    invariant.claimChanged('ADDED', claim('new'));
    invariant.moduleChanged('MODIFIED', module({ bootstrap: true }));
    invariant.podChanged('MODIFIED', pod('m'));
    expect(invariant.judge()).toEqual([]);
  });

  it('is a violation without the backup, whatever the previous claim contained and in whatever order the watches report', () => {
    const invariant = new StartInvariant();
    invariant.claimChanged('ADDED', claim('old'));
    invariant.podChanged('MODIFIED', restored());
    const known = module({ bootstrap: true });
    const created = claim('new');
    invariant.podChanged('ADDED', pod('m', {}, 'Pending'));
    invariant.podChanged('MODIFIED', pod('m'));
    invariant.claimChanged('ADDED', created);
    invariant.moduleChanged('MODIFIED', known);
    expect(invariant.judge()).toMatchObject([{ invariant: 'no start without the backup', message: expect.stringContaining('(new)') }]);
    expect(invariant.judge()).toEqual([]);
  });
});

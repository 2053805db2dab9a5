import { describe, expect, it } from 'vitest';
import { Snapshots } from '../controller/cache/snapshot.ts';
import { concernsEevee } from './foreign-objects.ts';
import { DEPLOYMENT, PERSISTENT_VOLUME_CLAIM, SECRET } from './kubernetes.ts';

const object = (metadata: object) => ({ apiVersion: 'v1', kind: 'Thing', metadata: { name: 'shop', namespace: 'bots', ...metadata } });

describe('concernsEevee', () => {
  it.each([
    ['a name of ours', { name: 'eevee-echo-module' }],
    ["a former release's CronJob", { name: 'nightly-echo-backup' }],
    ['a label of ours', { labels: { 'eevee.bot/module': 'echo' } }],
    ['the label of former releases', { labels: { app: 'eevee.bot' } }],
    ['the label of a part of eevee', { labels: { 'app.kubernetes.io/part-of': 'eevee' } }],
    ['what an apply left', { annotations: { 'eevee.bot/applied': 'x' } }],
    ['an owner of ours', { ownerReferences: [{ apiVersion: 'eevee.bot/v1', kind: 'IpcConfig', name: 'net', uid: 'u' }] }],
  ])('recognizes an object by %s', (_, metadata) => {
    expect(concernsEevee(object(metadata))).toBe(true);
  });

  it.each([{}, { labels: { app: 'shop' } }, { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'x', uid: 'u' }] }])(
    'does not recognize %j as ours',
    (metadata) => {
      expect(concernsEevee(object(metadata))).toBe(false);
    },
  );

  it('keeps the access modes of unrelated claims: a module may mount them', () => {
    const claim = { ...object({ labels: { app: 'shop' } }), spec: { accessModes: ['ReadWriteOnce'], volumeName: 'disk' } };
    expect(new Snapshots(PERSISTENT_VOLUME_CLAIM).of(claim)).toEqual({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'shop', namespace: 'bots' },
      spec: { accessModes: ['ReadWriteOnce'] },
    });
  });

  it.each([DEPLOYMENT, SECRET])('decides what is cached: only the name and the owner of unrelated objects', (type) => {
    const owner = { apiVersion: 'apps/v1', kind: 'Shop', name: 'shop', uid: 'u', controller: true };
    const stranger = {
      ...object({
        uid: '1',
        resourceVersion: '7',
        labels: { app: 'shop' },
        annotations: { long: 'x'.repeat(1_000) },
        ownerReferences: [owner],
      }),
      spec: { selector: {}, template: { spec: { containers: [] } } },
    };
    expect(new Snapshots(type).of(stranger)).toEqual({
      apiVersion: type.apiVersion,
      kind: type.kind,
      metadata: { name: 'shop', namespace: 'bots', uid: '1', resourceVersion: '7', ownerReferences: [owner] },
    });
    const ours = { ...stranger, metadata: { ...stranger.metadata, name: 'eevee-shop-module' } };
    expect(new Snapshots(type).of(ours).metadata.labels).toEqual({ app: 'shop' });
  });
});

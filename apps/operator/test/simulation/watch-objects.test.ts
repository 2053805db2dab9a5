import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/controller/objects/kube-object.ts';
import { SeenObjects } from './watch-objects.ts';

const object = (name: string, resourceVersion: string, uid = name): KubeObject => ({
  ...{ apiVersion: 'v1', kind: 'Pod' },
  metadata: { name, uid, resourceVersion },
});
const bookmark = (resourceVersion: string, annotations = {}): KubeObject => ({
  ...{ apiVersion: 'v1', kind: 'Pod' },
  metadata: { name: '', resourceVersion, annotations },
});
const END = { 'k8s.io/initial-events-end': 'true' };
const EXPIRED = { apiVersion: 'v1', kind: 'Status', code: 410, metadata: { name: '' } };

/** Objects that a watch has listed, and the changes that were reported since. */
function listed(...objects: readonly KubeObject[]): { readonly seen: SeenObjects<KubeObject>; readonly changes: string[] } {
  const changes: string[] = [];
  const seen = new SeenObjects((change, { metadata }) => void changes.push(`${change} ${metadata.uid}@${metadata.resourceVersion}`));
  seen.parameters();
  for (const each of objects) seen.receive('ADDED', each);
  seen.receive('BOOKMARK', bookmark('9', END));
  changes.length = 0;
  return { seen, changes };
}

describe('a watch of a collection', () => {
  it('continues after its last event, whether a change or a bookmark', () => {
    const { seen } = listed(object('a', '1'));
    expect(seen.parameters()).toMatchObject({ resourceVersion: '9' });
    seen.receive('MODIFIED', object('a', '11'));
    expect(seen.parameters()).toMatchObject({ resourceVersion: '11' });
    seen.receive('BOOKMARK', bookmark('12'));
    expect(seen.parameters()).toMatchObject({ resourceVersion: '12' });
  });

  it.each([
    ['an event', (seen: SeenObjects<KubeObject>) => seen.receive('ERROR', EXPIRED)],
    ['its status', (seen: SeenObjects<KubeObject>) => seen.expire()],
  ])('begins with all objects when %s says that its version is gone, and reports only differences', (_, expire) => {
    const { seen, changes } = listed(...['same', 'changed', 'gone', 'recreated'].map((name) => object(name, '1')));
    expire(seen);
    expect(seen.parameters()).toMatchObject({ sendInitialEvents: true });
    for (const each of [object('same', '1'), object('changed', '20'), object('recreated', '21', 'newer'), object('new', '22')])
      seen.receive('ADDED', each);
    expect(changes).toEqual(['MODIFIED changed@20', 'DELETED recreated@1', 'ADDED newer@21', 'ADDED new@22']);
    seen.receive('BOOKMARK', bookmark('30', END));
    expect(changes.slice(4)).toEqual(['DELETED gone@1']);
    expect(seen.parameters()).toMatchObject({ resourceVersion: '30' });
  });

  it('that breaks before it has listed all objects begins with all of them again', () => {
    const { seen, changes } = listed(object('a', '1'));
    seen.expire();
    seen.parameters();
    seen.receive('ADDED', object('b', '2'));
    expect(seen.parameters()).toMatchObject({ sendInitialEvents: true });
    seen.receive('ADDED', object('b', '2'));
    seen.receive('BOOKMARK', bookmark('9', END));
    expect(changes).toEqual(['ADDED b@2', 'DELETED a@1']);
  });
});

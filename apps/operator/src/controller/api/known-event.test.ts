import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../objects/kube-object.ts';
import { knownEvent } from './known-event.ts';

const written: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', uid: 'uid-a', resourceVersion: '12' } };
const known = (resourceVersion: string) => (resourceVersion === '12' ? written : undefined);
const line = (type: string, metadata: object, rest: object = {}) => JSON.stringify({ type, object: { ...written, metadata, ...rest } });

describe('knownEvent', () => {
  it.each(['ADDED', 'MODIFIED'])('has the object of a known version (%s)', (type) => {
    expect(knownEvent(line(type, written.metadata), known)).toEqual({ type, object: written });
  });

  it('leaves other versions, deletions, bookmarks and errors to the parser', () => {
    expect(knownEvent(line('MODIFIED', { ...written.metadata, resourceVersion: '13' }), known)).toBeUndefined();
    for (const type of ['DELETED', 'BOOKMARK']) expect(knownEvent(line(type, written.metadata), known)).toBeUndefined();
    expect(knownEvent('{"type":"ERROR","object":{"code":410}}', known)).toBeUndefined();
    expect(knownEvent(line('MODIFIED', written.metadata), undefined)).toBeUndefined();
  });

  it('is not misled by a text or a label that looks like the version of an object', () => {
    const text = { annotations: { note: '"resourceVersion":"12","uid":"uid-a"' }, uid: 'uid-a', resourceVersion: '13' };
    expect(knownEvent(line('MODIFIED', text), known)).toBeUndefined();
    const label = { labels: { resourceVersion: '12' }, uid: 'uid-b', resourceVersion: '13' };
    expect(knownEvent(line('MODIFIED', label), known)).toBeUndefined();
  });
});

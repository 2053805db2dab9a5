import { ANNOTATION, FIELD_MANAGER } from '@eeveebot/contract';
import { describe, expect, it } from 'vitest';
import type { Desired } from '../objects/desired.ts';
import type { KubeObject, ObjectMeta } from '../objects/kube-object.ts';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { SettledResponses } from './settled-responses.ts';

const desired: Desired<KubeObject> = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'bots', name: 'a', labels: { app: 'a' } },
};
const fieldsV1 = { 'f:metadata': { 'f:labels': { 'f:app': {} } } };
const metadata: ObjectMeta = {
  namespace: 'bots',
  name: 'a',
  uid: 'uid-a',
  annotations: { [ANNOTATION.applied]: 'mark' },
  ownerReferences: [],
  managedFields: [{ manager: FIELD_MANAGER, operation: 'Apply', fieldsV1 }],
};
const object = (changed: Partial<ObjectMeta> = {}): KubeObject => ({
  ...desired,
  metadata: { ...metadata, ...changed },
});

const spec = { size: 1 };

/** After an apply of `desired`, computed from `spec`, with this response. */
function applied(response = object()) {
  const clock = new FakeClock();
  const settled = new SettledResponses(clock);
  settled.applied({ desired, mark: 'mark' }, { isKept: true, cached: response });
  settled.derived([spec, 'checksum'], response);
  return settled;
}

describe('SettledResponses', () => {
  it('recognizes what an object was computed from, while the object stays as applied', () => {
    const settled = applied();
    expect(settled.isDerived([spec, 'checksum'], object())).toBe(true);
    expect(settled.isDerived([spec, 'checksum'], object({ resourceVersion: '2', labels: { other: 'x' } }))).toBe(true);
  });

  it.each([
    ['an equal object that is not the same', [{ size: 1 }, 'checksum']],
    ['another text', [spec, 'other']],
    ['fewer parts', [spec]],
    ['more parts', [spec, 'checksum', undefined]],
  ])('does not take %s for the same source', (_, source) => {
    expect(applied().isDerived(source, object())).toBe(false);
  });

  it.each<[string, Partial<ObjectMeta>]>([
    ['other fields of the operator', { managedFields: [{ manager: FIELD_MANAGER, operation: 'Apply', fieldsV1 }] }],
    ['another mark', { annotations: { [ANNOTATION.applied]: 'other' } }],
    ['other owners', { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'b', uid: 'uid-b' }] }],
    ['a deletion', { deletionTimestamp: '2026-01-01T00:00:00Z' }],
  ])('computes the desired state again after %s', (_, changed) => {
    expect(applied().isDerived([spec, 'checksum'], object(changed))).toBe(false);
  });

  const notGranted = object({ managedFields: [{ manager: FIELD_MANAGER, operation: 'Apply', fieldsV1: { 'f:metadata': {} } }] });

  it.each<[string, KubeObject]>([
    ['the server does not know', notGranted],
    ['a webhook dropped', object()],
  ])('counts fields that %s as settled for an hour, and then applies them again', (_, lacking) => {
    const clock = new FakeClock();
    const settled = new SettledResponses(clock);
    const isDue = () => settled.isDue({ desired, mark: 'mark' }, lacking);
    for (let again = 0; again < 2; again++) {
      settled.applied({ desired, mark: 'mark' }, { isKept: false, cached: lacking });
      clock.advance(3_599_000);
      expect([isDue(), isDue()]).toEqual([false, false]);
      clock.advance(1_000);
      expect([isDue(), isDue()]).toEqual([true, true]);
    }
  });

  it('counts fields that the server stores without an owner as settled', () => {
    const clock = new FakeClock();
    const settled = new SettledResponses(clock);
    settled.applied({ desired, mark: 'mark' }, { isKept: true, cached: notGranted });
    clock.advance(86_400_000);
    expect(settled.isDue({ desired, mark: 'mark' }, notGranted)).toBe(false);
  });

  it('counts a status that is stored differently as settled for an hour', () => {
    const clock = new FakeClock();
    const settled = new SettledResponses(clock);
    const [written, kept] = [{ replicas: 1, extra: 'x' }, { replicas: 1 }];
    settled.statusWritten('uid-a', written, kept);
    clock.advance(3_599_000);
    expect(settled.isSettledStatus('uid-a', written, kept)).toBe(true);
    clock.advance(1_000);
    expect(settled.isSettledStatus('uid-a', written, kept)).toBe(false);
  });

  it('notes no source for an object that lacks desired fields', () => {
    const lacking = object({ managedFields: [{ manager: FIELD_MANAGER, operation: 'Apply', fieldsV1: {} }] });
    expect(applied(lacking).isDerived([spec, 'checksum'], lacking)).toBe(false);
  });
});

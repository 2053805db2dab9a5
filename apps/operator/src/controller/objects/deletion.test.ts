import { expect, it } from 'vitest';
import { deletionText, delayedBy, objectText } from './deletion.ts';

const object = (metadata: object) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'echo', namespace: 'bots', ...metadata },
});
const deletionTimestamp = '2026-01-01T00:00:00Z';

it('names the object that is being deleted and its finalizers', () => {
  expect(deletionText([undefined, object({}), object({ deletionTimestamp })])).toBe(
    'Deployment echo is being deleted: it is created again after that',
  );
  expect(deletionText([object({ deletionTimestamp, finalizers: ['a.example/x', 'b'] })])).toBe(
    'Deployment echo is being deleted (finalizers: a.example/x, b): it is created again after that',
  );
});

it('is undefined when no object is being deleted', () => {
  expect(deletionText([undefined, object({ finalizers: ['a.example/x'] })])).toBeUndefined();
});

it('names an object, and why its deletion does not end', () => {
  expect(objectText(object({}))).toBe('Deployment echo');
  expect(objectText(object({ deletionTimestamp, finalizers: ['a.example/x'] }))).toBe(
    'Deployment echo, which is being deleted (finalizers: a.example/x),',
  );
});

it('does not name the finalizers that Kubernetes removes itself', () => {
  expect(delayedBy(object({ finalizers: ['kubernetes.io/pvc-protection', 'foregroundDeletion'] }))).toBe('');
  expect(delayedBy(object({ finalizers: ['kubernetes.io/pvc-protection', 'a.example/x'] }))).toBe(' (finalizers: a.example/x)');
});

import { describe, expect, it } from 'vitest';
import type { FieldSet, KubeObject, ManagedFields } from '../objects/kube-object.ts';
import { isAdoptable, isOwnField, takeoverPatch } from './adoption.ts';

const entry = (manager: string, operation: 'Apply' | 'Update', fieldsV1: FieldSet, more: Partial<ManagedFields> = {}): ManagedFields => ({
  manager,
  operation,
  fieldsV1,
  ...more,
});

const deployment = (...managedFields: readonly ManagedFields[]): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd', namespace: 'n', resourceVersion: '7', managedFields },
});

const replicas: FieldSet = { 'f:spec': { '.': {}, 'f:replicas': {} } };

describe('takeoverPatch', () => {
  it.each(['node-fetch', 'unknown'])('moves the fields of %s to the apply of the operator, for the observed version', (manager) => {
    expect(takeoverPatch(deployment(entry(manager, 'Update', replicas)))).toEqual({
      metadata: {
        resourceVersion: '7',
        managedFields: [
          { manager: 'eevee-operator', operation: 'Apply', apiVersion: 'apps/v1', fieldsType: 'FieldsV1', fieldsV1: replicas },
        ],
      },
    });
  });

  it('adds them to the fields that are already applied', () => {
    const paused: FieldSet = { 'f:spec': { 'f:paused': {} } };
    const patch = takeoverPatch(deployment(entry('eevee-operator', 'Apply', paused), entry('unknown', 'Update', replicas)));
    expect(patch).toMatchObject({
      metadata: { managedFields: [{ manager: 'eevee-operator', fieldsV1: { 'f:spec': { '.': {}, 'f:replicas': {}, 'f:paused': {} } } }] },
    });
  });

  it('keeps the fields that users and controllers set', () => {
    const others = [
      entry('kubectl-edit', 'Update', replicas),
      entry('kubectl-client-side-apply', 'Update', replicas),
      entry('kube-controller-manager', 'Update', replicas, { subresource: 'status' }),
      entry('unknown', 'Update', replicas, { subresource: 'status' }),
      entry('node-fetch', 'Apply', replicas),
    ];
    expect(takeoverPatch(deployment(...others))).toBeUndefined();
    expect(takeoverPatch(deployment(...others, entry('unknown', 'Update', replicas)))).toMatchObject({
      metadata: { managedFields: [...others, { manager: 'eevee-operator' }] },
    });
  });

  it('does not take over a restart that a user requested', () => {
    const annotations: FieldSet = { 'f:kubectl.kubernetes.io/restartedAt': {}, 'f:other': {} };
    const fields: FieldSet = { 'f:spec': { 'f:template': { 'f:metadata': { 'f:annotations': annotations } } } };
    const rest: FieldSet = { 'f:spec': { 'f:template': { 'f:metadata': { 'f:annotations': { 'f:other': {} } } } } };
    expect(takeoverPatch(deployment(entry('node-fetch', 'Update', fields)))).toMatchObject({
      metadata: { managedFields: [{ fieldsV1: rest }] },
    });
    expect(JSON.stringify(takeoverPatch(deployment(entry('node-fetch', 'Update', fields))))).not.toContain('restartedAt');
  });
});

describe('an object without a controller', () => {
  const without = deployment();
  it.each<[string, KubeObject & { readonly spec?: object }]>([
    ['a former release wrote', deployment(entry('node-fetch', 'Update', replicas))],
    ['has a label of this project', { ...without, metadata: { ...without.metadata, labels: { 'eevee.bot/module': 'echo' } } }],
    ['selects pods of this project', { ...without, spec: { selector: { matchLabels: { 'eevee.bot/module': 'echo' } } } }],
    ['is a Service for pods of this project', { ...without, spec: { selector: { 'eevee.bot/nats-server': 'true' } } }],
  ])('is adopted when it %s', (_, object) => {
    expect(isAdoptable(object)).toBe(true);
  });

  it('is left to its user if nothing shows that it was made here', () => {
    expect(isAdoptable(deployment(entry('kubectl-create', 'Update', replicas)))).toBe(false);
    expect(isAdoptable({ ...without, spec: { selector: { matchLabels: { app: 'mine' } } } })).toBe(false);
  });
});

describe('a field', () => {
  const path = ['f:spec', 'f:replicas'];

  it.each(['eevee-operator', 'eevee-operator-patch', 'node-fetch'])('is its own if only %s wrote it', (manager) => {
    const others = entry('kubectl', 'Update', { 'f:spec': { 'f:paused': {} } });
    expect(isOwnField(deployment(entry(manager, 'Update', replicas), others), path)).toBe(true);
  });

  it('is not its own if another client wrote it as well, or if no client is known to have written it', () => {
    expect(isOwnField(deployment(entry('eevee-operator', 'Apply', replicas), entry('kubectl', 'Update', replicas)), path)).toBe(false);
    expect(isOwnField(deployment(), path)).toBe(false);
  });
});

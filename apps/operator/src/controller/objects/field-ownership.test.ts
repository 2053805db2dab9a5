import { describe, expect, it } from 'vitest';
import { appliedFields, isOnlyCreated, ownsAll } from './field-ownership.ts';
import type { FieldSet, ManagedFields } from './kube-object.ts';

const entry = (operation: 'Apply' | 'Update', fieldsV1: FieldSet, manager = 'eevee-operator'): ManagedFields => ({
  manager,
  operation,
  fieldsV1,
});

const desired = {
  metadata: { labels: { app: 'x' }, ownerReferences: [{ kind: 'BotModule', name: 'x', uid: '1', controller: true }] },
  spec: { selector: { app: 'x' }, env: [{ name: 'EMPTY', value: '' }], volume: { emptyDir: {} }, ports: [{ containerPort: 1 }] },
};
/** As the server records it for a created object. */
const created: FieldSet = {
  'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} }, 'f:ownerReferences': { '.': {}, 'k:{"uid":"1"}': {} } },
  'f:spec': {
    'f:selector': {},
    'f:env': { '.': {}, 'k:{"name":"EMPTY"}': { '.': {}, 'f:name': {} } },
    'f:volume': { '.': {}, 'f:emptyDir': {} },
    'f:ports': { '.': {}, 'k:{"containerPort":1,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {}, 'f:protocol': {} } },
  },
};

describe('an object that the operator created', () => {
  it('is owned by the operator until the first apply; patches have another manager', () => {
    expect(appliedFields({ name: 'x', managedFields: [entry('Update', created)] })).toEqual(created);
    expect(isOnlyCreated({ name: 'x', managedFields: [entry('Update', created)] })).toBe(true);
    const applied = { name: 'x', managedFields: [entry('Apply', {}), entry('Update', created)] };
    expect(appliedFields(applied)).toEqual({});
    expect(isOnlyCreated(applied)).toBe(false);
    expect(isOnlyCreated({ name: 'x', managedFields: [entry('Update', created, 'eevee-operator-patch')] })).toBe(false);
  });

  it('counts as unchanged although the server does not record empty values', () => {
    expect(ownsAll(created, desired, { isOnlyCreated: true })).toBe(true);
    expect(ownsAll(created, desired)).toBe(false);
  });

  it.each<[string, FieldSet]>([
    ['the only label', { ...created, 'f:metadata': { ...created['f:metadata'], 'f:labels': {} } }],
    ['the only owner', { ...created, 'f:metadata': { ...created['f:metadata'], 'f:ownerReferences': {} } }],
    ['a field', { ...created, 'f:spec': { ...created['f:spec'], 'f:ports': { '.': {}, 'k:{"containerPort":2}': {} } } }],
    ['a map that is owned as a whole', { ...created, 'f:spec': { ...created['f:spec'], 'f:selector': undefined as unknown as FieldSet } }],
  ])('counts as changed when another manager has taken over %s', (_, fields) => {
    expect(ownsAll(fields, desired, { isOnlyCreated: true })).toBe(false);
  });
});

describe('elements of a list with keys', () => {
  const ports = (...protocols: readonly (string | undefined)[]) => ({
    metadata: {},
    spec: {
      ports: protocols.map((protocol) => ({ containerPort: 53, ...(protocol === undefined ? {} : { protocol }), name: protocol ?? 'dns' })),
    },
  });
  const owned = (...protocols: readonly string[]): FieldSet => ({
    'f:spec': {
      'f:ports': Object.fromEntries(
        protocols.map((protocol) => [
          `k:{"containerPort":53,"protocol":"${protocol}"}`,
          { 'f:containerPort': {}, 'f:name': {}, 'f:protocol': {} },
        ]),
      ),
    },
  });

  it('are found by the keys that they state, since the server adds the others', () => {
    expect(ownsAll(owned('TCP'), ports(undefined))).toBe(true);
    expect(ownsAll(owned('UDP', 'TCP'), ports('TCP', 'UDP'))).toBe(true);
    expect(ownsAll(owned('UDP'), ports('TCP', 'UDP'))).toBe(false);
  });

  it('are found in lists of thousands', () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `V${index}`);
    const env = Object.fromEntries(names.map((name) => [`k:{"name":"${name}"}`, { '.': {}, 'f:name': {}, 'f:value': {} }]));
    const variables = (among: readonly string[]) => ({ metadata: {}, spec: { env: among.map((name) => ({ name, value: 'x' })) } });
    expect(ownsAll({ 'f:spec': { 'f:env': env } }, variables(names))).toBe(true);
    expect(ownsAll({ 'f:spec': { 'f:env': env } }, variables([...names, 'another']))).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { withOwnFieldsOnly } from './own-fields.ts';

const own = {
  manager: 'eevee-operator',
  operation: 'Apply',
  fieldsType: 'FieldsV1',
  fieldsV1: { 'f:data': { 'k:{"name":"a]}\\"}': { '.': {} } } },
};
const patch = { ...own, manager: 'eevee-operator-patch' };
const kubectl = { manager: 'kubectl', operation: 'Update', fieldsType: 'FieldsV1', fieldsV1: { 'f:data': { 'v:"[{"': {}, 'f:\\': {} } } };

/** The rest of the list, after a check that everything else is unchanged. */
function parsed(managedFields: readonly object[] | undefined) {
  const object = { metadata: { name: 'a', ...(managedFields && { managedFields }), uid: 'u' }, spec: { text: '"managedFields":[{' } };
  const { metadata, spec } = JSON.parse(withOwnFieldsOnly(JSON.stringify(object))) as typeof object;
  expect({ name: metadata.name, uid: metadata.uid, spec }).toEqual({ name: 'a', uid: 'u', spec: object.spec });
  return metadata.managedFields;
}

describe('withOwnFieldsOnly', () => {
  it('drops the fields of other managers, whatever texts they contain', () => {
    expect(parsed([kubectl, own, patch, kubectl])).toEqual([own]);
    expect(parsed([{ ...own, operation: 'Update' }, own])).toEqual([{ ...own, operation: 'Update' }, own]);
    expect(parsed([kubectl, patch])).toEqual([]);
    expect(parsed([])).toEqual([]);
    expect(parsed(undefined)).toBeUndefined();
  });

  it('ignores a text that looks like the list', () => {
    const json = JSON.stringify({ metadata: { annotations: { note: '"managedFields":[1]' }, managedFields: [kubectl, own] } });
    expect(JSON.parse(withOwnFieldsOnly(json))).toEqual({
      metadata: { annotations: { note: '"managedFields":[1]' }, managedFields: [own] },
    });
  });

  it('keeps a list of this name in the data of a user', () => {
    for (const managedFields of [[{ crop: 'rye' }, ['oats'], 'x'], ['x', { crop: 'rye' }], [1, 2], [['oats']]]) {
      const json = JSON.stringify({ metadata: { name: 'a' }, spec: { moduleConfig: { managedFields } } });
      expect(withOwnFieldsOnly(json)).toBe(json);
    }
  });

  it('leaves a truncated text unchanged', () => {
    const json = JSON.stringify({ metadata: { managedFields: [kubectl] } });
    for (const length of [json.length - 3, json.length - 5, 40, 30, 29])
      expect(withOwnFieldsOnly(json.slice(0, length))).toBe(json.slice(0, length));
  });
});

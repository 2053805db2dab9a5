import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../objects/kube-object.ts';
import { IndexTable } from './index-table.ts';

const object = (labels: Readonly<Record<string, string>>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'pod', labels },
});
const keysIn = (table: IndexTable, value: string): readonly string[] => {
  const keys = table.keys(value) ?? [];
  return typeof keys === 'string' ? [keys] : [...keys];
};

describe('IndexTable', () => {
  const byLabels = () => new IndexTable(({ metadata }) => Object.values(metadata.labels ?? {}));

  it('finds one key of a value, several, and one again', () => {
    const table = byLabels();
    table.change('a', undefined, object({ app: 'x' }));
    expect(keysIn(table, 'x')).toEqual(['a']);
    table.change('b', undefined, object({ app: 'x' }));
    table.change('c', undefined, object({ app: 'x' }));
    expect(keysIn(table, 'x')).toEqual(['a', 'b', 'c']);
    table.change('a', object({ app: 'x' }), object({ app: 'y' }));
    table.change('c', object({ app: 'x' }), undefined);
    expect(keysIn(table, 'x')).toEqual(['b']);
    expect(keysIn(table, 'y')).toEqual(['a']);
    table.change('b', object({ app: 'x' }), undefined);
    expect(table.keys('x')).toBeUndefined();
  });

  it('lists the key of an object once that has a value twice', () => {
    const table = byLabels();
    table.change('a', undefined, object({ app: 'x', part: 'x' }));
    expect(keysIn(table, 'x')).toEqual(['a']);
    table.change('a', object({ app: 'x', part: 'x' }), object({ app: 'y' }));
    expect(table.keys('x')).toBeUndefined();
  });

  it('keeps the key of another object whose value it does not have', () => {
    const table = byLabels();
    table.change('a', undefined, object({ app: 'x' }));
    table.change('b', object({ app: 'x' }), undefined);
    expect(keysIn(table, 'x')).toEqual(['a']);
  });
});

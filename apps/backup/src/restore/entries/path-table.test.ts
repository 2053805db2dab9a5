import { describe, expect, it } from 'vitest';
import { PathTable } from './path-table.ts';

describe('a table of paths', () => {
  it('returns the value of each of many paths, and 0 for others', () => {
    const table = new PathTable();
    const path = (index: number) => Buffer.from(`directory-${index % 100}/file-${index}`);
    for (let index = 0; index < 50_000; index++) table.set(path(index), 1 + (index % 7));
    for (let index = 0; index < 50_000; index++) if (table.get(path(index)) !== 1 + (index % 7)) expect.fail(`${index} is lost`);
    for (let index = 50_000; index < 60_000; index++) if (table.get(path(index)) !== 0) expect.fail(`${index} was never set`);
  });

  it('replaces a value', () => {
    const table = new PathTable();
    table.set(Buffer.from('a'), 1);
    table.set(Buffer.from('a'), 7);
    expect(table.get(Buffer.from('a'))).toBe(7);
    expect(() => table.set(Buffer.from('a'), 8)).toThrow('not a number from 1 to 7');
  });

  it('supports the empty path, and long paths that differ in the last byte', () => {
    const table = new PathTable();
    const long = Buffer.alloc(65_536, 'x');
    table.set(long, 2);
    table.set(Buffer.alloc(0), 3);
    const other = Buffer.from(long);
    other[other.length - 1] = 0x79;
    expect([table.get(long), table.get(other), table.get(Buffer.alloc(0)), table.get(Buffer.from('x'))]).toEqual([2, 0, 3, 0]);
  });
});

import { describe, expect, it } from 'vitest';
import { ExclusiveGroups } from './exclusive-groups.ts';

describe('ExclusiveGroups', () => {
  it('admits one key of a group at a time, and returns those that arrived in the meantime', () => {
    const groups = new ExclusiveGroups();
    expect(groups.enter('module', 'one')).toBe(true);
    expect(groups.enter('module', 'two')).toBe(false);
    expect(groups.enter('module', 'two')).toBe(false);
    expect(groups.enter('other', 'three')).toBe(true);
    expect([...groups.leave('module')]).toEqual(['two']);
    expect(groups.enter('module', 'two')).toBe(true);
    expect([...groups.leave('module')]).toEqual([]);
  });

  it('never blocks keys without a group', () => {
    const groups = new ExclusiveGroups();
    expect([groups.enter(undefined, 'one'), groups.enter(undefined, 'one')]).toEqual([true, true]);
    expect([...groups.leave(undefined)]).toEqual([]);
  });
});

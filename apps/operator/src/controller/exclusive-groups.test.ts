import { describe, expect, it } from 'vitest';
import { ExclusiveGroups } from './exclusive-groups.ts';

describe('ExclusiveGroups', () => {
  it('lets one key of a group in at a time, and gives back those that came meanwhile', () => {
    const groups = new ExclusiveGroups();
    expect(groups.enter('module', 'one')).toBe(true);
    expect(groups.enter('module', 'two')).toBe(false);
    expect(groups.enter('module', 'two')).toBe(false);
    expect(groups.enter('other', 'three')).toBe(true);
    expect([...groups.leave('module')]).toEqual(['two']);
    expect(groups.enter('module', 'two')).toBe(true);
    expect([...groups.leave('module')]).toEqual([]);
  });

  it('holds up nothing without a group', () => {
    const groups = new ExclusiveGroups();
    expect([groups.enter(undefined, 'one'), groups.enter(undefined, 'one')]).toEqual([true, true]);
    expect([...groups.leave(undefined)]).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { Roster } from './roster.ts';

const member = (name: string) => ({ name, rosterPlace: -1 });

describe('a roster', () => {
  it('has its members, whichever others were removed', () => {
    const roster = new Roster<ReturnType<typeof member>>();
    const [a, b, c, d] = [member('a'), member('b'), member('c'), member('d')];
    const names = (): string[] => [...roster].map(({ name }) => name).toSorted();
    for (const each of [a, b, c]) roster.add(each);
    roster.remove(a);
    expect(names()).toEqual(['b', 'c']);
    roster.add(d);
    roster.remove(c);
    expect(names()).toEqual(['b', 'd']);
    roster.remove(a);
    roster.remove(c);
    expect(names()).toEqual(['b', 'd']);
    roster.remove(d);
    roster.remove(b);
    expect(names()).toEqual([]);
  });

  it('visits the members of the beginning while they remove themselves', () => {
    const roster = new Roster<ReturnType<typeof member>>();
    const members = ['a', 'b', 'c'].map(member);
    for (const each of members) roster.add(each);
    const visited: string[] = [];
    for (const each of roster) {
      visited.push(each.name);
      roster.remove(each);
    }
    expect(visited).toEqual(['a', 'b', 'c']);
  });
});

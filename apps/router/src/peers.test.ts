import { describe, expect, it } from 'vitest';
import { Peers, SILENCE_MS } from './peers.ts';

const keys = Array.from({ length: 3_000 }, (_, number) => `c-1:irc:main:user${number}`);

describe('replicas', () => {
  it('compute the same owner of each limit, and share the limits evenly', () => {
    const now = (): number => 0;
    const peers = ['a', 'b', 'c'].map((id) => new Peers({ id, now }));
    for (const one of peers) for (const other of peers) one.heard(other.id);
    const owners = peers.map((each) => keys.map((key) => each.ownerOf(key)));
    expect(owners[1]).toEqual(owners[0]);
    expect(owners[2]).toEqual(owners[0]);
    for (const id of ['a', 'b', 'c']) expect(owners[0]?.filter((owner) => owner === id).length).toBeGreaterThan(800);
  });

  it('take over only the limits of a replica that is gone', () => {
    let nowMs = 0;
    const peers = new Peers({ id: 'a', now: () => nowMs });
    for (const id of ['b', 'c']) peers.heard(id);
    const before = keys.map((key) => peers.ownerOf(key));
    nowMs = SILENCE_MS - 1;
    peers.heard('b');
    expect(peers.alive).toEqual(['b', 'c']);
    nowMs = SILENCE_MS;
    expect(peers.alive).toEqual(['b']);
    for (const [index, key] of keys.entries()) if (before[index] !== 'c') expect(peers.ownerOf(key)).toBe(before[index]);
  });

  it('are listed once, without the replica itself', () => {
    const peers = new Peers({ id: 'a', now: () => 0 });
    expect([peers.heard('a'), peers.heard('b'), peers.heard('b')]).toEqual([false, true, false]);
    expect(peers.heirOf('key')).toBe('b');
    peers.lost('b');
    expect([peers.alive, peers.heirOf('key'), peers.ownerOf('key')]).toEqual([[], undefined, 'a']);
  });
});

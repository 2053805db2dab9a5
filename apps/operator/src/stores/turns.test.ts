import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Turns } from './turns.ts';

function world(limits: { all: number; party: number }) {
  const turns = new Turns();
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const run = (name: string, party: string, signal = new AbortController().signal) => {
    const shares = [
      { name: 'all', limit: limits.all },
      { name: party, limit: limits.party },
    ];
    return turns.run(shares, signal, () => {
      begun.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    });
  };
  return { begun, run, end: (name: string) => ends.get(name)?.() };
}

describe('Turns', () => {
  it('keep a party that does not respond from occupying the turns of others', async () => {
    const { begun, run, end } = world({ all: 3, party: 2 });
    const all = [run('a1', 'a'), run('a2', 'a'), run('a3', 'a'), run('b1', 'b'), run('b2', 'b')];
    await setImmediate();
    expect(begun).toEqual(['a1', 'a2', 'b1']);
    end('b1');
    await setImmediate();
    expect(begun).toEqual(['a1', 'a2', 'b1', 'b2']);
    for (const name of ['a1', 'a2', 'b2']) end(name);
    await setImmediate();
    expect(begun.at(-1)).toBe('a3');
    end('a3');
    await Promise.all(all);
  });

  it('stop waiting when the signal is aborted', async () => {
    const { begun, run, end } = world({ all: 1, party: 1 });
    const first = run('first', 'a');
    const abort = new AbortController();
    const second = run('second', 'a', abort.signal);
    abort.abort(new Error('no longer wanted'));
    await expect(second).rejects.toThrow('no longer wanted');
    end('first');
    await first;
    expect(begun).toEqual(['first']);
  });
});

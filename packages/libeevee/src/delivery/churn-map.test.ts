import { describe, expect, it } from 'vitest';
import { ChurnMap } from './churn-map.ts';

/** A generator of numbers that is the same in each run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state % below;
  };
}

describe('a map of entries that come and go', () => {
  it.each([1, 2, 3])('has the entries of a Map, in the same order (seed %i)', (seed) => {
    const next = numbers(seed);
    const [churned, plain] = [new ChurnMap<number, string>(), new Map<number, string>()];
    for (let step = 0; step < 5_000; step++) {
      const key = next(200);
      if (next(5) < 3) expect(churned.delete(key)).toBe(plain.delete(key));
      else {
        churned.set(key, `${step}`);
        plain.set(key, `${step}`);
      }
      expect([churned.size, churned.has(key), churned.get(key)]).toEqual([plain.size, plain.has(key), plain.get(key)]);
      if (step % 100 === 0) expect([...churned]).toEqual([...plain]);
    }
    expect([...churned.keys()]).toEqual([...plain.keys()]);
    expect([...churned.values()]).toEqual([...plain.values()]);
  });

  it('visits each entry once while the visited ones are deleted', () => {
    const map = new ChurnMap<number, number>();
    for (let key = 0; key < 500; key++) map.set(key, key);
    const visited: number[] = [];
    for (const value of map.values()) {
      visited.push(value);
      map.delete(value);
    }
    expect(visited).toEqual(Array.from({ length: 500 }, (_, key) => key));
    expect(map.size).toBe(0);
  });

  it('is empty after clear()', () => {
    const map = new ChurnMap<string, number>();
    map.set('a', 1);
    map.delete('a');
    map.set('b', 2);
    map.clear();
    expect([map.size, map.get('b'), [...map]]).toEqual([0, undefined, []]);
  });
});

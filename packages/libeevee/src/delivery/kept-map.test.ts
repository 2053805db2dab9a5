import { describe, expect, it } from 'vitest';
import { KeptMap } from './kept-map.ts';

describe('a map that keeps unused entries for a while', () => {
  it('never forgets a used one', () => {
    const map = new KeptMap<{ readonly isUsed: boolean }>(({ isUsed }) => isUsed);
    for (let entry = 0; entry < 10_000; entry++) map.set(`${entry}`, { isUsed: entry % 100 === 0 });
    for (let entry = 0; entry < 10_000; entry += 100) expect(map.get(`${entry}`)).toEqual({ isUsed: true });
  });

  it('forgets unused ones once there are many', () => {
    const map = new KeptMap<number>((count) => count > 0);
    map.set('first', 0);
    expect(map.get('first')).toBe(0);
    for (let entry = 0; entry < 2_000; entry++) map.set(`${entry}`, 0);
    expect(map.get('first')).toBeUndefined();
    expect(map.get('1999')).toBe(0);
  });

  it('is empty after clear()', () => {
    const map = new KeptMap<number>((count) => count > 0);
    map.set('a', 1);
    map.clear();
    expect(map.get('a')).toBeUndefined();
  });
});

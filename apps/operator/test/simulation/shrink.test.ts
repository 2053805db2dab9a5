import { describe, expect, it } from 'vitest';
import { shrink } from './shrink.ts';

const numbers = Array.from({ length: 40 }, (_, index) => index);
const always = (): boolean => true;

describe('shrinking a history', () => {
  it.each([[[7]], [[0, 39]], [[3, 4, 5]], [[1, 20, 38]]])('keeps only the relevant steps %j, in order', async (needed) => {
    const fails = (part: readonly number[]) => Promise.resolve(needed.every((number) => part.includes(number)));
    expect(await shrink(numbers, { fails, mayGoOn: always })).toEqual(needed);
  });

  it('stops when mayGoOn is false, with the shortest part so far', async () => {
    let calls = 0;
    const fails = (part: readonly number[]) => {
      calls += 1;
      return Promise.resolve(part.includes(1));
    };
    const shortest = await shrink(numbers, { fails, mayGoOn: () => calls < 3 });
    expect(calls).toBe(3);
    expect(shortest).toContain(1);
  });
});

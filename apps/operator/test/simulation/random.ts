/** Random choices from a seed: the same seed gives the same choices in the same order. */
export interface Random {
  /** A whole number from 0 to `below` - 1. */
  below(below: number): number;
  /** One of the choices. */
  pick<T>(choices: readonly T[]): T;
  /** True with this probability, in percent. */
  percent(chance: number): boolean;
}

/**
 * A generator (mulberry32) for tests: fast, well distributed, not for secrets.
 *
 * @param seed any whole number; only its lower 32 bits matter.
 * @see https://github.com/bryc/code/blob/master/jshash/PRNGs.md#mulberry32
 * @example
 * seeded(7).pick(['a', 'b']);
 */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    pick: (choices) => {
      const choice = choices[below(choices.length)];
      if (choice === undefined) throw new Error('there is nothing to pick from');
      return choice;
    },
    percent: (chance) => below(100) < chance,
  };
}

/** Factories with their weights. */
export type Weighted<T> = readonly (readonly [number, (random: Random) => T])[];

/** Calls one of them, chosen by weight. @throws Error when `choices` is empty. */
export function weighted<T>(choices: Weighted<T>, random: Random): T {
  let at = random.below(choices.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, make] of choices) {
    if (at < weight) return make(random);
    at -= weight;
  }
  throw new Error('there is nothing to choose from');
}

import { describe, expect, it } from 'vitest';
import { randomHistory } from './history.ts';
import { play } from './play.ts';
import { SimulatedCluster } from './simulated-cluster.ts';

/** Any would do; `npm run simulate` plays others. */
const SEED = 1;
const STEPS = 25;

describe('a random history of users, failures and restarts', () => {
  it('breaks no invariant', async () => {
    await using cluster = await SimulatedCluster.start();
    const { violation, steps } = await play(randomHistory(SEED, STEPS), cluster, 'bots');
    expect({ violation, steps }).toEqual({ violation: undefined, steps: STEPS });
  });
});

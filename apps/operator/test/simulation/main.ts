/** Plays random histories: `npm run simulate -- --seed 7 --minutes 10`. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { randomHistory, stepText, type Step } from './history.ts';
import { play } from './play.ts';
import { shrink } from './shrink.ts';
import { SimulatedCluster } from './simulated-cluster.ts';

/** Steps of one history: about a minute and a half, and as long to settle. */
const STEPS = 60;

/** A part of a history that fails may have to be played more than once to fail again: what happens meanwhile is up to the machine. */
const TRIES = 2;

/** No more than this is spent on looking for the shortest history. */
const SHRINKING_MS = 15 * 60_000;

const USAGE = 'usage: npm run simulate -- [--seed WHOLE_NUMBER] [--minutes NUMBER] [--steps NUMBER]';

const { values } = parseArgs({
  options: { seed: { type: 'string' }, minutes: { type: 'string', default: '5' }, steps: { type: 'string', default: String(STEPS) } },
});
const firstSeed = Number(values.seed ?? randomInt(2 ** 31));
const [minutes, length] = [Number(values.minutes), Number(values.steps)];

if (!Number.isInteger(firstSeed) || !(minutes > 0) || !(Number.isInteger(length) && length > 0)) {
  process.stderr.write(`${USAGE}\n`);
  process.exitCode = 64;
} else {
  process.exitCode = await simulate();
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function simulate(): Promise<number> {
  const end = Date.now() + minutes * 60_000;
  await using cluster = await SimulatedCluster.start();
  let namespaces = 0;
  const run = (history: readonly Step[]) => play(history, cluster, `bots-${++namespaces}`);
  for (let seed = firstSeed; seed === firstSeed || Date.now() < end; seed++) {
    const history = randomHistory(seed, length);
    const { violation, steps, pods, log } = await run(history);
    if (violation === undefined) {
      print(
        `seed ${seed}: ${steps} steps, ${pods.modules} module, ${pods.backups} backup and ${pods.restores} restore pods, settled, every invariant holds`,
      );
      continue;
    }
    print(`seed ${seed}: broken after ${steps} steps: ${violation.invariant}: ${violation.message}`);
    print(log.trimEnd().split('\n').slice(-15).join('\n'));
    print('looking for the shortest history that breaks it …');
    const shrinkEnd = Date.now() + SHRINKING_MS;
    const fails = async (part: readonly Step[]): Promise<boolean> => {
      for (let attempt = 0; attempt < TRIES; attempt++) {
        if ((await run(part)).violation?.invariant === violation.invariant) return true;
      }
      return false;
    };
    const shortest = await shrink(history.slice(0, steps), { fails, mayGoOn: () => Date.now() < shrinkEnd });
    print(
      `the shortest that was found, of seed ${seed}:\n${shortest.map((step, index) => `  ${index + 1}. ${stepText(step)}`).join('\n')}`,
    );
    return 1;
  }
  return 0;
}

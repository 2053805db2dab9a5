/** Plays random histories: `npm run simulate -- --seed 7 --minutes 10`. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { Step } from './actions.ts';
import { randomHistory, stepText } from './history.ts';
import { BotOnANode } from '../e2e/bot-on-a-node.ts';
import { isOfTheEnd } from './invariants.ts';
import { NodeSimulation } from './node-simulation.ts';
import { play } from './play.ts';
import { seeded } from './random.ts';
import { shrink } from './shrink.ts';
import { SimulatedCluster } from './simulated-cluster.ts';

/** Steps of one history: about a minute and a half, and as long to settle. */
const STEPS = 60;

/** Part of a history may have to be replayed to fail again: the timing depends on the machine. */
const TRIES = 2;

const USAGE = `usage: npm run simulate -- [--seed WHOLE_NUMBER] [--minutes NUMBER] [--steps NUMBER] [--shrink-minutes NUMBER]
       npm run simulate -- --node [--seed WHOLE_NUMBER] [--minutes NUMBER]

Plays random histories against the operator on a real control plane, and checks after each step that at most one pod may write to
a volume, that no backup is restored over live data, that no module with bootstrapFromBackup starts without its backup, and that
objects of users stay as they are. At the end of a history each module runs again, every resource has a verdict on its newest
generation, which is true, and an operator that is started afresh sends no request. Exit code 1: an invariant was broken; the seed and the shortest
history that breaks it are printed.

  --seed            the first history; the next ones have the seeds after it. Default: random
  --minutes         no new history is begun after this time. Default: 5
  --steps           length of a history. Default: ${STEPS}
  --node            on a whole node (needs root on Linux): kubelet, containerd and the images of this repository. One module
                    writes, is backed up to an S3 server and restored, restores are interrupted, and the content of the volume
                    is compared after each step; --steps and --shrink-minutes do not apply
  --shrink-minutes  time to look for the shortest history that breaks an invariant. Default: 15
`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    minutes: { type: 'string', default: '5' },
    steps: { type: 'string', default: String(STEPS) },
    'shrink-minutes': { type: 'string', default: '15' },
    node: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const firstSeed = Number(values.seed ?? randomInt(2 ** 31));
const [minutes, length] = [Number(values.minutes), Number(values.steps)];
const shrinkMinutes = Number(values['shrink-minutes']);

if (values.help) {
  process.stdout.write(USAGE);
} else if (!Number.isInteger(firstSeed) || !(minutes > 0) || !(Number.isInteger(length) && length > 0) || !(shrinkMinutes >= 0)) {
  process.stderr.write(USAGE);
  process.exitCode = 64;
} else {
  process.exitCode = await (values.node ? simulateOnANode() : simulate());
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function simulate(): Promise<number> {
  const end = Date.now() + minutes * 60_000;
  await using cluster = await SimulatedCluster.start();
  let namespaces = 0;
  const run = (history: readonly Step[], only: 'steps' | 'everything' = 'everything') =>
    play(history, { cluster, namespace: `bots-${++namespaces}`, only });
  for (let seed = firstSeed; seed === firstSeed || Date.now() < end; seed++) {
    const history = randomHistory(seed, length);
    const { violation, steps, pods, log } = await run(history);
    if (violation === undefined) {
      print(
        `seed ${seed}: ${steps} steps, ${pods.modules} module, ${pods.backups} backup, ${pods.restores} restore and ${pods.bootstraps} bootstrap pods, settled, every invariant holds`,
      );
      continue;
    }
    print(`seed ${seed}: broken after ${steps} steps: ${violation.invariant}: ${violation.message}`);
    print(log.trimEnd().split('\n').slice(-15).join('\n'));
    print('looking for the shortest history that breaks it …');
    const shrinkEnd = Date.now() + shrinkMinutes * 60_000;
    // A violation in the middle of a history is detected without the checks at its end.
    const only = isOfTheEnd(violation) ? 'everything' : 'steps';
    const fails = async (part: readonly Step[]): Promise<boolean> => {
      for (let attempt = 0; attempt < TRIES; attempt++) {
        if ((await run(part, only)).violation?.invariant === violation.invariant) return true;
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

async function simulateOnANode(): Promise<number> {
  await using bot = await BotOnANode.start();
  await bot.untilIpcReady();
  const simulation = new NodeSimulation({ bot, random: seeded(firstSeed), print });
  const { violation, writes, backups, restores } = await simulation.play(Date.now() + minutes * 60_000);
  const counts = Object.entries(restores).map(([interruption, count]) => `${count} (${interruption})`);
  const done = `seed ${firstSeed}: ${writes} writes, ${backups} backups, restores: ${counts.join(', ')}`;
  print(violation === undefined ? `${done}; every invariant holds` : `${done}; broken: ${violation.invariant}: ${violation.message}`);
  return violation === undefined ? 0 : 1;
}

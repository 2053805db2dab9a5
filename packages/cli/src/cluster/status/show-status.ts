import { setTimeout as delay } from 'node:timers/promises';
import { log } from '@eeveebot/libeevee';
import { LABEL } from '@eeveebot/contract';
import type { BackupSchedule, BotModule, IpcConfig, S3Store } from '@eeveebot/crds';
import { untilSignal } from '../../console/signals.ts';
import { visibleControls } from '../../console/irc-ansi.ts';
import { CliError, EXIT } from '../../cli-error.ts';
import { ClusterBot } from '../cluster-bot.ts';
import { unreadyReason } from '../ipc-config.ts';
import { Kubectl, type KubectlOptions } from '../kubectl.ts';
import { type BusFacts, askModules, joinedFacts } from './bus-facts.ts';
import { type Pod, type Resources, clusterStatus } from './cluster-status.ts';
import { statusLines } from './status-lines.ts';

/** Settings of {@link showStatus}. */
export interface StatusOptions {
  readonly kubectl: KubectlOptions;
  /** Module to report; all if missing. */
  readonly name: string | undefined;
  readonly output: 'text' | 'json';
  readonly watch: boolean;
}

/** Pause between two screens of `--watch`. */
const WATCH_MS = 2_000;

const CLEAR_SCREEN = '\u001B[2J\u001B[H';

interface List<Item> {
  readonly items: readonly Item[];
}

async function readResources(kubectl: Kubectl): Promise<Resources> {
  const list = async <Item>(...args: readonly string[]): Promise<readonly Item[]> => (await kubectl.get<List<Item>>(...args)).items;
  const [ipcConfigs, modules, stores, schedules, pods] = await Promise.all([
    list<IpcConfig>('ipcconfigs.eevee.bot'),
    list<BotModule>('botmodules.eevee.bot'),
    list<S3Store>('s3stores.eevee.bot'),
    list<BackupSchedule>('backupschedules.eevee.bot'),
    list<Pod>('pods', '--selector', LABEL.module),
  ]);
  return { ipcConfigs, modules, stores, schedules, pods };
}

/** Asks the modules on the NATS of an IpcConfig. A NATS that cannot be reached is reported with the rest. */
async function factsOf(kubectl: Kubectl, ipcConfig: IpcConfig): Promise<BusFacts> {
  try {
    const unready = unreadyReason(ipcConfig);
    if (unready !== undefined) throw new CliError(unready);
    const bot = await ClusterBot.connectTo(kubectl, ipcConfig, 0);
    try {
      return await askModules(bot.nats);
    } finally {
      await bot.close();
    }
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return joinedFacts([{ uptimeSeconds: new Map(), commands: new Map(), notAsked: [error.message] }]);
  }
}

/** Shows the state of the bots in a namespace. Gives 0 if nothing is wrong, and 1 otherwise. */
export async function showStatus({ kubectl: options, name, output, watch }: StatusOptions): Promise<number> {
  log.level = 'silent';
  const kubectl = new Kubectl(options);
  const signal = untilSignal();
  for (;;) {
    const resources = await readResources(kubectl);
    if (name !== undefined && !resources.modules.some(({ metadata }) => metadata.name === name)) {
      throw new CliError(`there is no BotModule "${name}" in this namespace`, EXIT.noInput);
    }
    const facts = joinedFacts(await Promise.all(resources.ipcConfigs.map((each) => factsOf(kubectl, each))));
    const status = clusterStatus(resources, facts, name);
    const text = output === 'json' ? JSON.stringify(status, undefined, 2) : statusLines(status, Date.now()).map(visibleControls).join('\n');
    process.stdout.write(`${watch && process.stdout.isTTY === true ? CLEAR_SCREEN : ''}${text || 'There is no bot in this namespace.'}\n`);
    const code = status.problems.length === 0 ? EXIT.done : EXIT.failed;
    const ended = watch ? await Promise.race([signal.signalled, delay(WATCH_MS).then(() => undefined)]) : 'once';
    if (ended === undefined) continue;
    signal.off();
    return code;
  }
}

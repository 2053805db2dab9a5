import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { log } from '@eeveebot/libeevee';
import { ScriptScreen, TerminalScreen } from '../console/screen.ts';
import { Session } from '../console/session.ts';
import { exitCodeOf, untilSignal } from '../console/signals.ts';
import { playScript, talkAtTerminal } from '../console/talk.ts';
import { EXIT } from '../cli-error.ts';
import type { ConversationOptions } from '../console/conversation-options.ts';
import { ClusterBot } from './cluster-bot.ts';
import { Kubectl, type KubectlOptions } from './kubectl.ts';

/** Settings of {@link talkInCluster}. */
export interface ClusterConversation {
  readonly kubectl: KubectlOptions;
  readonly ipc: string | undefined;
  /** Time without an answer after which a script continues. */
  readonly quietMs: number;
  readonly options: ConversationOptions;
}

const PLATFORM = 'console';

/** Name of this console: answers reach it only. */
function instanceName(): string {
  let user = '';
  try {
    user = userInfo().username.replaceAll(/[^\w-]/g, '');
  } catch {
    // A user without an entry in the system's list, as in some containers.
    user = 'user';
  }
  return `${user}-${randomBytes(3).toString('hex')}`;
}

/** Talks to a bot in a cluster until the conversation ends. Gives the exit code. */
export async function talkInCluster({ kubectl, ipc, quietMs, options }: ClusterConversation): Promise<number> {
  // Its lines would be part of the conversation on standard output.
  log.level = 'silent';
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const terminal = new TerminalScreen(process.stdout);
  const script = new ScriptScreen(process.stdout, process.stderr);
  const screen = isTerminal ? terminal : script;
  const signal = untilSignal();
  // At a terminal, the user waits.
  const bot = await ClusterBot.connect(new Kubectl(kubectl), { ipc, quietMs: isTerminal ? 0 : quietMs });
  try {
    const place = { platform: PLATFORM, instance: instanceName(), network: PLATFORM };
    const session = new Session({ bot, screen, place, ...options, showsSaid: !isTerminal });
    await session.start();
    await bot.follow(place);
    if (isTerminal)
      screen.note(`connected to bot ${bot.name} as ${place.instance}. Try ${options.prefix}help; /help lists the other commands.`);
    const conversation = isTerminal ? talkAtTerminal(session, terminal) : playScript(session, process.stdin);
    const ending = await Promise.race([conversation, signal.signalled, bot.lost.then((reason) => ({ reason }))]);
    if (typeof ending === 'string') return exitCodeOf(ending);
    if (ending !== undefined) {
      screen.complain(`the connection to the cluster has ended: ${ending.reason || 'kubectl port-forward ended'}`);
      return EXIT.unavailable;
    }
    return !isTerminal && script.complaints > 0 ? EXIT.failed : EXIT.done;
  } finally {
    await bot.close();
    signal.off();
    process.stdin.destroy();
  }
}

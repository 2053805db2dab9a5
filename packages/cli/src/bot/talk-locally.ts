import { log } from '@eeveebot/libeevee';
import type { ConversationOptions } from '../console/conversation-options.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { ScriptScreen, type Screen, TerminalScreen } from '../console/screen.ts';
import { Session, type TalkedTo } from '../console/session.ts';
import { exitCodeOf, untilSignal } from '../console/signals.ts';
import { playScript, talkAtTerminal } from '../console/talk.ts';
import { type FileWatch, watchCode } from './file-watch.ts';
import { type BotPart, LocalBot } from './local-bot.ts';

/** A part whose files are watched. */
export interface WatchedPart extends BotPart {
  /** Files besides the code that restart the part, such as a file with variables. */
  readonly restartedBy?: readonly string[];
  /** Files below its folder that the part watches by itself, such as its configuration. */
  readonly followsItself?: readonly string[];
}

/** Settings of {@link talkLocally}. */
export interface LocalConversation {
  /** Parts of the user: their files are watched, and their log is shown. */
  readonly modules: readonly WatchedPart[];
  /** Parts of every bot, such as the router. */
  readonly base: readonly BotPart[];
  readonly natsServer: string | undefined;
  readonly data: string | undefined;
  readonly platform: string;
  readonly options: ConversationOptions;
}

/** The bot as a session sees it. */
const talkedTo = (bot: LocalBot, modules: readonly WatchedPart[]): TalkedTo => ({
  nats: bot.nats,
  get nowMs() {
    return bot.nowMs;
  },
  ready: () => bot.ready(),
  settled: () => bot.settled(),
  local: {
    advance: (ms) => bot.advance(ms),
    busy: () => bot.busy,
    reload: async () => {
      for (const { name } of modules) await bot.restart(name);
    },
  },
});

/** Restarts each module when its code changes. */
function watchModules(bot: LocalBot, modules: readonly WatchedPart[], screen: Screen): Promise<FileWatch[]> {
  return Promise.all(
    modules.map(({ name, folder, restartedBy = [], followsItself = [] }) =>
      watchCode({ folder, others: restartedBy, except: followsItself }, (path) => {
        screen.note(`${name}: ${path} changed, restarting`);
        void bot.restart(name).then(() => {
          if (bot.running.includes(name)) screen.note(`${name}: ready`);
        });
      }),
    ),
  );
}

/**
 * Runs a bot on this machine and a conversation with it. Resolves to the exit code when the conversation has ended and everything is
 * stopped.
 *
 * @throws CliError when two parts have the same name, or the NATS server does not start.
 */
export async function talkLocally({ modules, base, natsServer, data, platform, options }: LocalConversation): Promise<number> {
  // Its lines would appear in the conversation on standard output.
  log.level = 'silent';
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const terminal = new TerminalScreen(process.stdout);
  const script = new ScriptScreen(process.stdout, process.stderr);
  const screen = isTerminal ? terminal : script;
  let crashes = 0;
  const parts = [...base, ...modules];
  checkNames(parts);
  const signal = untilSignal();
  const ending = new AbortController();
  void signal.signalled.then(() => ending.abort());
  const next = (part: string): string =>
    isTerminal && modules.some(({ name }) => name === part) ? ': save a corrected file to start it again' : '';
  const bot = await LocalBot.start({
    parts,
    natsServer,
    data,
    signal: ending.signal,
    wrote: (part, line) => screen.note(parts.length > 2 ? `${part}: ${line}` : line),
    crashed: (part, reason) => {
      crashes++;
      screen.complain(`${part} ended (${reason})${next(part)}`);
    },
    notRestarted: (part, { message }) => screen.complain(`${part} was not started: ${message}${next(part)}`),
  });
  let watches: readonly FileWatch[] = [];
  try {
    const session = new Session({
      ...{ bot: talkedTo(bot, modules), screen, showsSaid: !isTerminal },
      ...{ ...options, place: { platform, instance: 'console', network: 'localhost' } },
    });
    await session.start();
    if (isTerminal) {
      watches = await watchModules(bot, modules, screen);
      screen.note(`${bot.running.join(', ')} on ${bus(bot)}. ${whatToSay(bot, options.prefix)}; /help lists the other commands.`);
    }
    const conversation = isTerminal ? talkAtTerminal(session, terminal) : playScript(session, process.stdin);
    const received = await Promise.race([conversation, signal.signalled]);
    if (received !== undefined) return exitCodeOf(received);
    // A module may crash after the last line of a script.
    await bot.stop();
    return !isTerminal && crashes + script.complaints > 0 ? EXIT.failed : EXIT.done;
  } finally {
    await Promise.all(watches.map((watch) => watch.close()));
    await bot.stop();
    signal.off();
    // A script that was not read to its end would keep the process alive.
    process.stdin.destroy();
  }
}

/** Parts are restarted, and write lines, under their names. */
function checkNames(parts: readonly BotPart[]): void {
  const names = parts.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new CliError(`two modules are called "${twice}": change "name" in the package.json of one`, EXIT.usage);
}

/** A module that runs without help does not answer it. */
const whatToSay = ({ running }: LocalBot, prefix: string): string =>
  running.includes('help') ? `Try ${prefix}help` : '/commands lists the commands of the bot';

const bus = ({ busName }: LocalBot): string => (busName === 'in-process' ? 'a bus in this process' : busName);

import type { Command } from 'commander';
import { type ConversationOptions, TALK_HELP, addConversationOptions, subjectWord } from '../console/conversation-options.ts';
import { examplesHelp } from './run-program.ts';

interface ChatOptions extends ConversationOptions {
  readonly module?: readonly string[];
  readonly data?: string;
  readonly platform: string;
  /** `false` for `--no-nats-server`. */
  readonly natsServer?: string | false;
}

const EXAMPLES = [
  'eevee chat',
  'eevee chat --module ../my-bot          # adds your module',
  "printf '!help\\n!echo hello\\n' | eevee chat",
];

/** Adds `chat`: the whole bot on this machine. */
export function addChatCommand(program: Command, exit: (code: number) => void): void {
  addConversationOptions(
    program
      .command('chat')
      .summary('run a whole bot on this machine and talk to it')
      .description(
        'Runs a bot without a cluster: router, help module, echo module and your own modules, over a NATS server if one is installed, ' +
          'otherwise over a bus in this process. To talk to a bot in a cluster, use kubectl eevee chat.',
      ),
  )
    .option(
      '--module <folder>',
      'add a module, which restarts when you save one of its files; can be repeated',
      (folder: string, folders?: readonly string[]) => [...(folders ?? []), folder],
    )
    .option('--data <folder>', 'folder for the data of the modules, which is kept (default: a temporary one)')
    .option('--platform <name>', 'chat platform that the modules see', subjectWord, 'irc')
    .option('--nats-server <file>', 'NATS server to run (default: nats-server on the PATH)')
    .option('--no-nats-server', 'use the bus in this process')
    .addHelpText('after', TALK_HELP + examplesHelp(EXAMPLES))
    .action(async ({ module: folders = [], data, platform, natsServer: given, ...options }: ChatOptions) => {
      const { basePart, natsServerOnPath, talkLocally, userPart } = await import('../bot/index.ts');
      const natsServer = given === false ? undefined : (given ?? natsServerOnPath());
      const modules = folders.map((folder) => userPart(folder));
      const base = (['router', 'help', 'echo'] as const).map(basePart);
      exit(await talkLocally({ modules, base, natsServer, data, platform, options }));
    });
}

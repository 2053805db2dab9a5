import type { Command } from 'commander';
import { type ConversationOptions, TALK_HELP, addConversationOptions, subjectWord } from '../console/conversation-options.ts';
import { examplesHelp } from './run-program.ts';

interface DevOptions extends ConversationOptions {
  readonly config?: string;
  readonly envFile?: string;
  readonly data?: string;
  readonly platform: string;
}

const EXAMPLES = [
  'eevee dev                              # the module in this folder',
  'eevee dev ../my-bot --config config.yaml --env-file .env',
  'eevee dev < talk.txt                   # a conversation from a file',
  "echo '!roll 6' | eevee dev src/main.ts",
];

/** Adds `dev`. */
export function addDevCommand(program: Command, exit: (code: number) => void): void {
  addConversationOptions(
    program
      .command('dev')
      .summary('run a module on this machine and talk to it')
      .description(
        'Runs a module without a cluster or a NATS server, and opens a prompt to talk to it. The module runs in its own process, as in ' +
          'the cluster, with a router, and restarts when you save one of its files.',
      )
      .argument('[folder]', 'folder of the module, or its entry file', '.'),
  )
    .option('--config <file>', "the module's moduleConfig, as YAML; a saved change takes effect immediately")
    .option('--env-file <file>', 'variables for the module, such as secrets')
    .option('--data <folder>', 'folder for its data, which is kept (default: a temporary one)')
    .option('--platform <name>', 'chat platform that the module sees', subjectWord, 'irc')
    .addHelpText('after', TALK_HELP + examplesHelp(EXAMPLES))
    .action(async (folder: string, { config, envFile, data, platform, ...options }: DevOptions) => {
      // Loaded only by the commands that need it: help and completion are quick.
      const { basePart, talkLocally, userPart } = await import('../bot/index.ts');
      const modules = [userPart(folder, { config, envFile })];
      exit(await talkLocally({ modules, base: [basePart('router')], natsServer: undefined, data, platform, options }));
    });
}

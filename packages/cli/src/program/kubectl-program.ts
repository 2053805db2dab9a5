import { type Command, InvalidArgumentError } from 'commander';
import { durationMs } from '../console/duration.ts';
import { addCompletionCommand } from './completion-command.ts';
import { type ConversationOptions, addConversationOptions } from './conversation-options.ts';
import { type ProgramDefinition, examplesHelp } from './run-program.ts';

interface ChatOptions extends ConversationOptions {
  readonly namespace?: string;
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly ipc?: string;
  readonly wait: number;
}

const HELP = `
Needs these rights in the namespace: list ipcconfigs.eevee.bot, get secrets, get services, list pods, create pods/portforward.
At the prompt, /help lists what you can type besides what you say. Standard input that is not a terminal is a script.

Exit codes: 0 done, 1 a line could not be done, 64 bad arguments, 66 no bot, 69 NATS or kubectl is missing, 77 permission denied.`;

const EXAMPLES = [
  'kubectl eevee chat --namespace eevee-bot',
  'kubectl eevee chat -n eevee-bot --ipc bot --nick fox',
  "echo '!help' | kubectl eevee chat -n eevee-bot --wait 3s",
];

function duration(value: string): number {
  const ms = durationMs(value);
  if (ms === undefined) throw new InvalidArgumentError('Use a duration, such as 2s.');
  return ms;
}

function addChatCommand(program: Command, exit: (code: number) => void): void {
  addConversationOptions(
    program
      .command('chat')
      .summary('talk to the bot in a cluster')
      .description(
        'Talks to the bot of a namespace as a connector of platform "console": over a port that kubectl forwards to its NATS, with your own ' +
          'rights and the token from its Secret. Installs nothing.',
      )
      .option('-n, --namespace <name>', "namespace of the bot (default: that of kubectl's context)")
      .option('--context <name>', 'context of the kubeconfig')
      .option('--kubeconfig <file>', 'kubeconfig to use')
      .option('--ipc <name>', 'IpcConfig of the bot, if the namespace has several')
      .option('--wait <time>', 'how long a script waits for another answer', duration, 1_000),
  )
    .addHelpText('after', HELP + examplesHelp(EXAMPLES))
    .action(async ({ namespace, context, kubeconfig, ipc, wait, ...options }: ChatOptions) => {
      const { talkInCluster } = await import('../cluster/talk-in-cluster.ts');
      const flags = Object.entries({ namespace, context, kubeconfig }).filter(([, value]) => value !== undefined);
      exit(await talkInCluster({ kubectl: Object.fromEntries(flags), ipc, quietMs: wait, options }));
    });
}

/** `kubectl eevee`: bots in a cluster. */
export const kubectlProgram: ProgramDefinition = {
  name: 'kubectl eevee',
  description: 'Talks to eevee bots in a Kubernetes cluster.',
  examples: ['kubectl eevee chat -n eevee-bot'],
  addCommands: (program, exit) => {
    addChatCommand(program, exit);
    addCompletionCommand(program, 'kubectl-eevee');
  },
};

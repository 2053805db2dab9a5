import { type Command, InvalidArgumentError, Option } from 'commander';
import { durationMs } from '../console/duration.ts';
import { addCompletionCommand } from './completion-command.ts';
import { type ConversationOptions, addConversationOptions } from '../console/conversation-options.ts';
import { type ProgramDefinition, examplesHelp } from './run-program.ts';

/** Options that are passed to kubectl. */
interface ClusterOptions {
  readonly namespace?: string;
  readonly context?: string;
  readonly kubeconfig?: string;
}

interface StatusOptions extends ClusterOptions {
  readonly output: 'text' | 'json';
  readonly watch?: boolean;
}

interface ChatOptions extends ConversationOptions, ClusterOptions {
  readonly ipc?: string;
  readonly wait: number;
}

const HELP = `
Requires these permissions in the namespace: list ipcconfigs.eevee.bot, get secrets, get services, list pods, create pods/portforward.
At the prompt, /help lists the commands of the console. Standard input that is not a terminal is a script.

Exit codes: 0 done, 1 a line could not be executed, 64 bad arguments, 66 no bot, 69 NATS or kubectl is missing, 77 permission denied.`;

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

const addClusterOptions = (command: Command): Command =>
  command
    .option('-n, --namespace <name>', "namespace of the bot (default: that of kubectl's context)")
    .option('--context <name>', 'context of the kubeconfig')
    .option('--kubeconfig <file>', 'kubeconfig to use');

/** The options that were given. */
const kubectlOptions = ({ namespace, context, kubeconfig }: ClusterOptions): ClusterOptions =>
  Object.fromEntries(Object.entries({ namespace, context, kubeconfig }).filter(([, value]) => value !== undefined));

const STATUS_HELP = `
Requires permission to list the kinds of eevee and pods. With the permissions of "kubectl eevee chat", it also shows the uptime and commands of the modules.

Exit codes: 0 no problems, 1 problems found, 64 bad arguments, 66 no such module, 69 no cluster, 77 permission denied.`;

function addStatusCommand(program: Command, exit: (code: number) => void): void {
  addClusterOptions(
    program
      .command('status')
      .summary('show the state of the bot in a cluster')
      .description('Shows NATS, modules, stores and schedules of a namespace on one screen, with problems and their fixes.')
      .argument('[name]', 'BotModule to show; default: all'),
  )
    .addOption(new Option('-o, --output <format>', 'format').choices(['text', 'json']).default('text'))
    .option('-w, --watch', 'refresh every two seconds')
    .addHelpText('after', STATUS_HELP + examplesHelp(['kubectl eevee status -n eevee-bot', 'kubectl eevee status echo -o json']))
    .action(async (name: string | undefined, { output, watch = false, ...options }: StatusOptions) => {
      const { showStatus } = await import('../cluster/status/show-status.ts');
      exit(await showStatus({ kubectl: kubectlOptions(options), name, output, watch }));
    });
}

function addChatCommand(program: Command, exit: (code: number) => void): void {
  addConversationOptions(
    addClusterOptions(
      program
        .command('chat')
        .summary('talk to the bot in a cluster')
        .description(
          'Talks to the bot of a namespace as a connector of platform "console", over a port that kubectl forwards to its NATS, with your own ' +
            'permissions and the token from its Secret. Installs nothing.',
        ),
    )
      .option('--ipc <name>', 'IpcConfig of the bot, if the namespace has several')
      .option('--wait <time>', 'time that a script waits for another answer', duration, 1_000),
  )
    .addHelpText('after', HELP + examplesHelp(EXAMPLES))
    .action(async ({ ipc, wait, nick, channel, prefix, botNick, ...options }: ChatOptions) => {
      const { talkInCluster } = await import('../cluster/talk-in-cluster.ts');
      const conversation = { nick, channel, prefix, botNick };
      exit(await talkInCluster({ kubectl: kubectlOptions(options), ipc, quietMs: wait, options: conversation }));
    });
}

/** `kubectl eevee`: bots in a cluster. */
export const kubectlProgram: ProgramDefinition = {
  name: 'kubectl eevee',
  description: 'Shows eevee bots in a Kubernetes cluster, and talks to them.',
  examples: ['kubectl eevee chat -n eevee-bot', 'kubectl eevee status -n eevee-bot'],
  addCommands: (program, exit) => {
    addChatCommand(program, exit);
    addStatusCommand(program, exit);
    addCompletionCommand(program, 'kubectl-eevee');
  },
};

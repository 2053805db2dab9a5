/** `npm run demo`: a bot that answers, on a real Kubernetes. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { messageOf } from '@eeveebot/contract';
import { binary, IRC_SELECTOR, ircServerObjects } from '@eeveebot/testing';
import { backUpAndRestore } from './backup.ts';
import { applyObjects, diagnosis, installBot, untilAvailable, untilReady } from './bot.ts';
import { ownCluster, userCluster, type DemoCluster } from './clusters.ts';
import { type OwnModule, addOwnModule, loadOwnModule, readOwnModule } from './own-module.ts';
import { Steps } from './steps.ts';
import { CHANNEL, IRC_VALUES, Visitor } from './visitor.ts';

const USAGE = `npm run demo -- [options]

Brings up a one-node Kubernetes of its own (root on Linux) with an IRC server, installs the charts, joins the bot's channel with an IRC
client and talks to the bot; backs the bot's data up to an S3 server in the cluster, loses and restores it. Then stays up, so that you can
talk to the bot too; Ctrl-C ends it and leaves nothing running.

  --once            end by itself; exit code 0 only if every step held
  --context NAME    use your own cluster instead, in a namespace of its own; it must be able to pull the images,
                    or say with --set where they are. The definitions of eevee's kinds stay in it
  --set KEY=VALUE   one more value for the chart, as helm's --set; may be given again
  --module FOLDER   add your module to the bot: a folder from npm create @eeveebot/module, built with npm run build
  --say TEXT        also send this text to the bot, and print the answers; can be repeated
  --keep            with --context: leave the namespace there at the end
  --verbose         say more
  --help            this
`;

interface DemoOptions {
  readonly once: boolean;
  readonly context: string | undefined;
  readonly set: readonly string[];
  readonly module: OwnModule | undefined;
  readonly say: readonly string[];
  readonly keep: boolean;
  readonly verbose: boolean;
}

const EXIT_USAGE = 64;
/** Exit code of a shell for a program that Ctrl-C ended. */
const EXIT_INTERRUPTED = 130;

/** `kubectl eevee`, from this repository. */
const CONSOLE = 'packages/cli/src/bin/kubectl-eevee.ts';

/** Modules of the bot. */
const MODULES = ['echo', 'router', 'help', 'connector-irc'];

async function main(): Promise<number> {
  const options = parsedOptions();
  if (typeof options === 'number') return options;
  const steps = new Steps(options);
  const interrupt = interruption();
  const starting = options.context === undefined ? ownCluster(steps) : userCluster(options.context, options);
  /** Must end before the cluster. */
  const open = new AsyncDisposableStack();
  const work = starting.then((cluster) => talk({ cluster, steps, signal: interrupt, open }, options));
  try {
    const visitor = await Promise.race([work, whenAborted(interrupt)]);
    if (interrupt.aborted || visitor === undefined) return await interrupted(steps, work);
    console.log(`\ndone in ${steps.elapsedSeconds} s`);
    if (options.once) return 0;
    console.log(invitation(await starting, visitor.port));
    await whenAborted(interrupt);
    console.log('\nstopping');
    return 0;
  } catch (error) {
    if (interrupt.aborted) return await interrupted(steps, work);
    console.error(`\n${messages(error)}`);
    const cluster = await starting.catch(() => undefined);
    if (cluster !== undefined) console.error(`\n${await diagnosis(cluster)}`);
    return 1;
  } finally {
    // A node must have started before it can be stopped.
    const cluster = await starting.catch(() => undefined);
    await open.disposeAsync();
    await cluster?.stop().catch((error: unknown) => console.error(`could not clean up: ${messages(error)}`));
  }
}

/** A stopped helm gets a moment to clean up; other pending work is abandoned. */
async function interrupted(steps: Steps, work: Promise<unknown>): Promise<number> {
  steps.silence();
  console.error('\ninterrupted: stopping');
  await Promise.race([work.catch(() => undefined), setTimeout(1_000)]);
  return EXIT_INTERRUPTED;
}

interface TalkDeps {
  readonly cluster: DemoCluster;
  readonly steps: Steps;
  readonly signal: AbortSignal;
  /** Registers a resource that must end before the cluster. */
  readonly open: AsyncDisposableStack;
}

/** Sets up the bot, up to its first conversation. @returns the visitor, who stays. */
async function talk({ cluster, steps, signal, open }: TalkDeps, { set, module, say }: DemoOptions): Promise<Visitor> {
  signal.throwIfAborted();
  await steps.run('start an IRC server in the cluster', async (waitingFor) => {
    await cluster.kubectl(['create', 'namespace', cluster.namespace]);
    await applyObjects(cluster, ircServerObjects());
    await untilAvailable(cluster, IRC_SELECTOR, waitingFor);
  });
  await steps.run('helm install eevee', () => installBot(cluster, { values: IRC_VALUES, set, signal }));
  await steps.run('wait for the operator', (waitingFor) => untilAvailable(cluster, 'app.kubernetes.io/name=operator', waitingFor));
  await steps.run('wait for NATS', (waitingFor) => untilReady(cluster, { kind: 'ipcconfig', name: 'demo' }, waitingFor));
  await steps.run(`wait for the modules ${MODULES.join(', ')}`, async (waitingFor) => {
    for (const name of MODULES) await untilReady(cluster, { kind: 'botmodule', name }, waitingFor);
  });
  const visitor = await steps.run(`join ${CHANNEL} with an IRC client`, async () => open.use(await Visitor.join(cluster)));
  console.log(`\n${await steps.run('talk to the bot', () => visitor.converse())}\n`);
  if (module !== undefined) {
    await steps.run(`build the image of ${module.name} and load it`, () => loadOwnModule(cluster, module));
    await steps.run(`wait for ${module.name}`, (waitingFor) => addOwnModule(cluster, module, waitingFor));
  }
  for (const text of say) console.log(`\n${await steps.run(`say "${text}"`, () => visitor.say(text))}\n`);
  await backUpAndRestore(cluster, steps);
  console.log(
    `$ kubectl get eevee -n ${cluster.namespace}\n${(await cluster.kubectl(['get', 'eevee', '-n', cluster.namespace])).trimEnd()}`,
  );
  return visitor;
}

function invitation({ kubeconfig, context, namespace }: DemoCluster, ircPort: number): string {
  const flags = [...(context === undefined ? [] : [`--context ${context}`]), `-n ${namespace}`].join(' ');
  return [
    `\nThe demo keeps running. Talk to the bot in ${CHANNEL} with any IRC client on this machine, such as:\n`,
    `  irssi -c 127.0.0.1 -p ${ircPort}    then type: /join ${CHANNEL}`,
    `  hexchat irc://127.0.0.1:${ircPort}/${CHANNEL.slice(1)}`,
    '\nIn another terminal:\n',
    ...(context === undefined ? [`  export KUBECONFIG=${kubeconfig}`] : []),
    ...(hasKubectl() ? [] : [`  alias kubectl='${binary('kube')} kubectl'`]),
    `  kubectl ${flags} get eevee`,
    `  kubectl ${flags} describe botmodule echo`,
    `  kubectl ${flags} scale botmodule echo --replicas=2`,
    // It finds kubectl on the PATH only, not as an alias.
    ...(hasKubectl() ? [`  node_modules/.bin/node --conditions=@eeveebot/source ${CONSOLE} chat ${flags}`] : []),
    '\nPress Ctrl-C to stop it.',
  ].join('\n');
}

function hasKubectl(): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'kubectl')));
}

/** @returns the options, or the exit code when there is nothing to do. */
function parsedOptions(): DemoOptions | number {
  try {
    const { values } = parseArgs({
      options: {
        once: { type: 'boolean', default: false },
        context: { type: 'string' },
        set: { type: 'string', multiple: true, default: [] },
        module: { type: 'string' },
        say: { type: 'string', multiple: true, default: [] },
        keep: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      return 0;
    }
    if (values.context === '') throw new Error('--context names no context: it is empty');
    return { ...values, context: values.context, module: values.module === undefined ? undefined : readOwnModule(values.module) };
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${USAGE}`);
    return EXIT_USAGE;
  }
}

/** Aborted at Ctrl-C or SIGTERM. A second signal ends the process immediately, and the node with it. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(EXIT_INTERRUPTED);
      controller.abort(new Error(`received ${signal}`));
    });
  }
  return controller.signal;
}

async function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  // Neither a signal listener nor the node's own connections keep the process alive.
  const hold = setInterval(() => undefined, 60_000);
  await once(signal, 'abort');
  clearInterval(hold);
}

/** An error's message with those of its causes, one per line. */
function messages(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}\n${messages(error.cause)}`;
}

// Pending work of an interrupted step must not keep the process alive.
process.exit(await main());

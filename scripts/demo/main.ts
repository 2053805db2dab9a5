/** `npm run demo`: a bot that answers, on a real Kubernetes. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { binary } from '@eeveebot/testing';
import { backUpAndRestore } from './backup.ts';
import { diagnosis, installBot, sayToBot, untilAvailable, untilReady } from './bot.ts';
import { ownCluster, userCluster, type DemoCluster } from './clusters.ts';
import { type OwnModule, addOwnModule, loadOwnModule, readOwnModule } from './own-module.ts';
import { Steps } from './steps.ts';

const USAGE = `npm run demo -- [options]

Brings up a one-node Kubernetes of its own (root on Linux), installs the charts, says "!echo hello" to the bot and prints
what the pod answered; backs the bot's data up to an S3 server in the cluster, loses and restores it. Then stays up, so that you can look around; Ctrl-C ends it and leaves nothing running.

  --once            end by itself; exit code 0 only if every step held
  --context NAME    use your own cluster instead, in a namespace of its own; it must be able to pull the images,
                    or say with --set where they are. The definitions of eevee's kinds stay in it
  --set KEY=VALUE   one more value for the chart, as helm's --set; may be given again
  --module FOLDER   add a module of yours to the bot, built (npm run build) and as npm create @eeveebot/module makes it
  --say TEXT        say this to the bot too, and print what it answers; may be given again
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
const SAID = '!echo hello';

async function main(): Promise<number> {
  const options = parsedOptions();
  if (typeof options === 'number') return options;
  const steps = new Steps(options);
  const interrupt = interruption();
  const starting = options.context === undefined ? ownCluster(steps) : userCluster(options.context, options);
  const work = starting.then((cluster) => talk({ cluster, steps, signal: interrupt }, options));
  try {
    await Promise.race([work, whenAborted(interrupt)]);
    if (interrupt.aborted) return await interrupted(steps, work);
    console.log(`\ndone in ${steps.elapsedSeconds} s`);
    if (options.once) return 0;
    console.log(invitation(await starting));
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
    // A node that is still coming up has to be there before it can be taken down.
    const cluster = await starting.catch(() => undefined);
    await cluster?.stop().catch((error: unknown) => console.error(`could not clean up: ${messages(error)}`));
  }
}

/** A helm that was stopped gets a moment to clean up; what else still waits for something is left behind. */
async function interrupted(steps: Steps, work: Promise<void>): Promise<number> {
  steps.silence();
  console.error('\ninterrupted: stopping');
  await Promise.race([work.catch(() => undefined), setTimeout(1_000)]);
  return EXIT_INTERRUPTED;
}

/** The bot from nothing to its first words. */
async function talk(
  { cluster, steps, signal }: { readonly cluster: DemoCluster; readonly steps: Steps; readonly signal: AbortSignal },
  { set, module, say }: DemoOptions,
): Promise<void> {
  signal.throwIfAborted();
  await steps.run('helm install eevee', () => installBot(cluster, set, signal));
  await steps.run('wait for the operator', (waitingFor) => untilAvailable(cluster, 'app.kubernetes.io/name=operator', waitingFor));
  await steps.run('wait for NATS', (waitingFor) => untilReady(cluster, { kind: 'ipcconfig', name: 'demo' }, waitingFor));
  await steps.run('wait for the echo module', (waitingFor) => untilReady(cluster, { kind: 'botmodule', name: 'echo' }, waitingFor));
  const answer = await steps.run(`say "${SAID}" over the cluster's NATS`, () => sayToBot(cluster, SAID));
  console.log(`\n  you:  ${SAID}\n  echo: ${answer}\n`);
  if (answer !== 'hello') throw new Error(`the pod answered ${JSON.stringify(answer)}, not "hello"`);
  if (module !== undefined) {
    await steps.run(`build the image of ${module.name} and load it`, () => loadOwnModule(cluster, module));
    await steps.run(`wait for ${module.name}`, (waitingFor) => addOwnModule(cluster, module, waitingFor));
  }
  for (const text of say) console.log(`\n  you:  ${text}\n  bot:  ${await steps.run(`say "${text}"`, () => sayToBot(cluster, text))}\n`);
  await backUpAndRestore(cluster, steps);
  console.log(
    `$ kubectl get eevee -n ${cluster.namespace}\n${(await cluster.kubectl(['get', 'eevee', '-n', cluster.namespace])).trimEnd()}`,
  );
}

function invitation({ kubeconfig, context, namespace }: DemoCluster): string {
  const flags = [...(context === undefined ? [] : [`--context ${context}`]), `-n ${namespace}`].join(' ');
  return [
    '\nIt stays up. In another terminal:\n',
    ...(context === undefined ? [`  export KUBECONFIG=${kubeconfig}`] : []),
    ...(hasKubectl() ? [] : [`  alias kubectl='${binary('kube')} kubectl'`]),
    `  kubectl ${flags} get eevee`,
    `  kubectl ${flags} describe botmodule echo`,
    `  kubectl ${flags} scale botmodule echo --replicas=2`,
    '\nCtrl-C ends it.',
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
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return EXIT_USAGE;
  }
}

/** Aborted at Ctrl-C or SIGTERM. A second one ends the process at once: its node goes with it. */
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
  // Neither a listener for signals nor the node's own connections hold the process.
  const hold = setInterval(() => undefined, 60_000);
  await once(signal, 'abort');
  clearInterval(hold);
}

/** An error's message with those of its causes, a line each. */
function messages(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}\n${messages(error.cause)}`;
}

// Pending work of an interrupted step must not keep the process alive.
process.exit(await main());

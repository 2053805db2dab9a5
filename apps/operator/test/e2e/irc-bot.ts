import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { connect } from 'nats';
import { parse } from 'yaml';
import { connectorControlSubject, LABEL, natsName } from '@eeveebot/contract';
import {
  eventually,
  forwardPort,
  IRC_PORT,
  IRC_SERVICE,
  ircServerObjects,
  type IrcPerson,
  joinIrc,
  type PortForward,
  withForwardedPort,
} from '@eeveebot/testing';
import type { Pod } from '../../src/resource-types/kubernetes.ts';
import { type BotOnANode, SECOND_NAMESPACE as NAMESPACE } from './bot-on-a-node.ts';

const FIRST_STEPS = fileURLToPath(new URL('../../../../docs/start.md', import.meta.url));
const RELEASE = 'irc';
const FINALIZER = 'eevee.test/look';

/** Values of a bot as the charts take them. */
interface BotValues {
  readonly irc: readonly [{ readonly name: string; readonly nick: string; readonly channels: readonly [string] }];
}

/** How a container of a deleted pod ended. */
export interface End {
  readonly exitCode: number;
  readonly reason: string;
  /** From the request to delete the pod until its status had the end, in milliseconds. */
  readonly tookMs: number;
}

/** A bot out of the values in docs/start.md, on an IRC server in the cluster. */
export class IrcBot implements AsyncDisposable {
  readonly nick: string;
  readonly channel: string;
  readonly #bot: BotOnANode;
  readonly #values: BotValues;
  readonly #connection: string;
  readonly #irc: PortForward;

  private constructor(bot: BotOnANode, values: BotValues, irc: PortForward) {
    const [connection] = values.irc;
    this.#bot = bot;
    this.#values = values;
    this.#irc = irc;
    this.#connection = connection.name;
    this.nick = connection.nick;
    [this.channel] = connection.channels;
  }

  /** Starts the IRC server, installs chart `bot`, and waits until all modules are Ready. */
  static async start(bot: BotOnANode): Promise<IrcBot> {
    const values = valuesOfTheFirstSteps();
    const inNamespace = (object: object) => ({
      ...object,
      metadata: { ...(object as { readonly metadata: object }).metadata, namespace: NAMESPACE },
    });
    await bot.node.apply(...ircServerObjects().map(inNamespace));
    await installBot(bot, values);
    await bot.node.kubectl(['-n', NAMESPACE, 'rollout', 'status', 'deployment', IRC_SERVICE, '--timeout=120s']);
    return new IrcBot(bot, values, await forwardPort(reachable(bot), { service: IRC_SERVICE, port: IRC_PORT }));
  }

  /** Installs the release or upgrades it, and waits until all modules are Ready. @param channels besides that of the values. */
  async install(...channels: readonly string[]): Promise<void> {
    await installBot(this.#bot, this.#values, channels);
  }

  /** Rolls the release back to its previous revision. */
  async rollBack(): Promise<void> {
    await this.#bot.helm.run(['rollback', RELEASE, '-n', NAMESPACE, '--wait']);
  }

  /** Uninstalls the release, and waits until nothing of it runs. */
  async uninstall(): Promise<void> {
    await this.#bot.helm.run(['uninstall', RELEASE, '-n', NAMESPACE, '--wait']);
    const left = (): Promise<string> => this.#kubectl('get', 'pods,deployments,services', '-l', LABEL.module, '-o', 'name');
    await eventually(async () => (await left()) === '', { what: 'pods of the release to be gone' });
  }

  /** A user in the bot's channel, with a real client. The bot is in it too. */
  async person(nick: string): Promise<IrcPerson> {
    const person = await joinIrc({ port: this.#irc.port, nick });
    await person.join(this.channel);
    await person.seesIn(this.channel, this.nick);
    return person;
  }

  /** Has the connector join a channel, as a module does. */
  async joinAtRunTime(channel: string): Promise<void> {
    const token = await this.#kubectl('get', 'secret', 'nats-auth-secret', '-o', 'jsonpath={.data.token}');
    await withForwardedPort(reachable(this.#bot), { service: natsName('eevee-bot'), port: 4222 }, async (host) => {
      const nats = await connect({ servers: host, token: Buffer.from(token, 'base64').toString() });
      nats.publish(
        connectorControlSubject({ platform: 'irc', instance: this.#connection }),
        JSON.stringify({ action: 'join', data: { channel } }),
      );
      await nats.drain();
    });
  }

  /** Runs a line of JavaScript in the module's pod. @returns its output. */
  async runInModule(module: string, line: string): Promise<string> {
    return this.#kubectl('exec', await this.#podName(module), '--', 'node', '-e', line);
  }

  /** Deletes the pod of a module, which sends SIGTERM to its container. A finalizer keeps the pod until its end was seen. */
  async deletePod(module: string): Promise<End> {
    const name = await this.#podName(module);
    await this.#finalizers(name, [FINALIZER]);
    const startedMs = performance.now();
    await this.#kubectl('delete', 'pod', name, '--wait=false');
    try {
      return await eventually(
        async () => {
          const { status } = await this.#bot.node.get<Pod>('pod', name, '-n', NAMESPACE);
          const end = status?.containerStatuses?.[0]?.state?.terminated;
          return end && { exitCode: end.exitCode, reason: end.reason ?? '', tookMs: Math.round(performance.now() - startedMs) };
        },
        { what: `the container of ${name} to end`, intervalMs: 20 },
      );
    } finally {
      await this.#finalizers(name, []);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#irc[Symbol.asyncDispose]();
  }

  /** Name of the module's pod; not of one that is being deleted. */
  async #podName(module: string): Promise<string> {
    const { items } = await this.#bot.node.get<{ items: readonly Pod[] }>('pods', '-l', `${LABEL.module}=${module}`, '-n', NAMESPACE);
    const pod = items.find(({ metadata }) => metadata.deletionTimestamp === undefined);
    if (pod === undefined) throw new Error(`module ${module} has no pod`);
    return pod.metadata.name;
  }

  async #finalizers(pod: string, finalizers: readonly string[]): Promise<void> {
    await this.#kubectl('patch', 'pod', pod, '--type=merge', '-p', JSON.stringify({ metadata: { finalizers } }));
  }

  #kubectl(...args: readonly string[]): Promise<string> {
    return this.#bot.node.kubectl(['-n', NAMESPACE, ...args]);
  }
}

async function installBot(bot: BotOnANode, values: BotValues, channels: readonly string[] = []): Promise<void> {
  const irc = values.irc.map((connection) => ({
    ...{ ...connection, host: IRC_SERVICE, port: IRC_PORT, tls: false },
    channels: [...connection.channels, ...channels],
  }));
  // Channels that are joined at run time are kept on a volume.
  const connector = { spec: { persistentVolumeClaim: {} } };
  await bot.helm.run(['upgrade', '--install', RELEASE, bot.helm.chart('bot'), '-n', NAMESPACE, '--values', '-'], {
    input: JSON.stringify({ ...values, irc, connector }),
  });
  await bot.node.kubectl(['-n', NAMESPACE, 'wait', '--for=condition=Ready', 'botmodule', '--all', '--timeout=120s']);
}

const reachable = (bot: BotOnANode) => ({ kubeconfig: bot.node.kubeconfig, namespace: NAMESPACE });

/** The values that docs/start.md begins with, below `bot` of the umbrella chart. */
function valuesOfTheFirstSteps(): BotValues {
  const [, yaml = ''] = /```yaml\n(# my-bot\.yaml\n.*?)```/s.exec(readFileSync(FIRST_STEPS, 'utf8')) ?? [];
  return (parse(yaml) as { readonly bot: BotValues }).bot;
}

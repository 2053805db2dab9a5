import { setTimeout as delay } from 'node:timers/promises';
import { outgoingSubjects } from '@eeveebot/contract';
import { EeveeError, NatsClient } from '@eeveebot/libeevee';
import type { ConsolePlace } from '../console/connector.ts';
import type { TalkedTo } from '../console/session.ts';
import { CliError, EXIT } from '../cli-error.ts';
import type { IpcConfig } from '@eeveebot/crds';
import { type ClusterKey, chosenIpcConfig, natsAccess, unreadyReason } from './ipc-config.ts';
import type { Forward, Kubectl } from './kubectl.ts';

/** Time limit for NATS to answer. */
const CONNECT_MS = 15_000;

/** Port of the Service of a managed NATS. */
const NATS_PORT = 4222;

interface Keyed {
  readonly data?: Readonly<Record<string, string>>;
}

/** Value of a key. @throws CliError when the object does not have it. */
async function valueOf(kubectl: Kubectl, { kind, name, key }: ClusterKey): Promise<string | undefined> {
  const { data } = await kubectl.get<Keyed>(kind, name);
  const value = data?.[key];
  return value === undefined || kind === 'configmap' ? value : Buffer.from(value, 'base64').toString('utf8');
}

/** Host name of a server, without scheme and port. */
const hostName = (host: string): string => host.replace(/^\w+:\/\//, '').replace(/:\d+$/, '');

/** Connects, within a time limit. @throws CliError with the reason. */
async function connect(nats: NatsClient, forwardEnded: Promise<string>): Promise<void> {
  const giveUp = new AbortController();
  void forwardEnded.then((reason) => giveUp.abort(new Error(reason)));
  try {
    await nats.connect({ signal: AbortSignal.any([giveUp.signal, AbortSignal.timeout(CONNECT_MS)]) });
  } catch (error) {
    await nats.close();
    if (!(error instanceof EeveeError)) throw error;
    throw new CliError(error.message, EXIT.unavailable, { cause: error });
  }
}

/** A bot in a cluster, reached through its NATS. */
export class ClusterBot implements TalkedTo {
  readonly nats: NatsClient;
  /** Name of the IpcConfig. */
  readonly name: string;
  /** Settles when the connection to the cluster has ended, with the reason. */
  readonly lost: Promise<string>;
  readonly #forward: Forward | undefined;
  readonly #quietMs: number;
  #heardAtMs = 0;

  private constructor(nats: NatsClient, name: string, { forward, quietMs }: { forward: Forward | undefined; quietMs: number }) {
    this.nats = nats;
    this.name = name;
    this.#forward = forward;
    this.#quietMs = quietMs;
    this.lost = forward?.ended ?? new Promise(() => {});
  }

  /**
   * Connects to the bot of a namespace.
   *
   * @param options.quietMs time without an answer after which the bot has answered everything.
   * @throws CliError naming what is missing: kubectl, a right, an IpcConfig, a Secret, a NATS that is ready.
   */
  static async connect(
    kubectl: Kubectl,
    { ipc, quietMs }: { readonly ipc: string | undefined; readonly quietMs: number },
  ): Promise<ClusterBot> {
    const { items } = await kubectl.get<{ readonly items: readonly IpcConfig[] }>('ipcconfigs.eevee.bot');
    const ipcConfig = chosenIpcConfig(items, ipc);
    const unready = unreadyReason(ipcConfig);
    if (unready !== undefined) throw new CliError(unready, EXIT.unavailable);
    return ClusterBot.connectTo(kubectl, ipcConfig, quietMs);
  }

  /**
   * Connects to the NATS of an IpcConfig.
   *
   * @throws as {@link ClusterBot.connect}.
   */
  static async connectTo(kubectl: Kubectl, ipcConfig: IpcConfig, quietMs: number): Promise<ClusterBot> {
    const { token, ca, host, service } = natsAccess(ipcConfig);
    const natsToken = await valueOf(kubectl, token);
    if (natsToken === undefined)
      throw new CliError(`Secret ${token.name} has no key "${token.key}", which must contain the NATS token`, EXIT.noInput);
    const certificates = ca === undefined ? undefined : await valueOf(kubectl, ca);
    const forward = service === undefined ? undefined : await kubectl.forward(service, NATS_PORT);
    const scheme = host.startsWith('tls://') ? 'tls://' : '';
    const nats = new NatsClient({
      natsHost: forward === undefined ? host : `${scheme}127.0.0.1:${forward.port}`,
      natsToken,
      name: 'eevee-cli',
      ca: certificates,
      // The certificate is that of the Service.
      ...(forward === undefined ? {} : { tlsServerName: hostName(host) }),
    });
    try {
      await connect(nats, forward?.ended ?? new Promise(() => {}));
    } catch (error) {
      forward?.stop();
      throw error;
    }
    return new ClusterBot(nats, ipcConfig.metadata.name, { forward, quietMs });
  }

  get nowMs(): number {
    return Date.now();
  }

  /** Tracks the answers, so that a script can wait for them. */
  async follow(place: ConsolePlace): Promise<void> {
    const heard = (): void => {
      this.#heardAtMs = performance.now();
    };
    await Promise.all(outgoingSubjects(place).map(({ subject }) => this.nats.subscribe(subject, heard)));
  }

  /** Modules in a cluster are replaced only when the new ones listen. */
  async ready(): Promise<void> {}

  /** Waits until there was no answer for a while: a bot in a cluster does not report that it is idle. */
  async settled(): Promise<void> {
    this.#heardAtMs = performance.now();
    for (;;) {
      const leftMs = this.#heardAtMs + this.#quietMs - performance.now();
      if (leftMs <= 0) return;
      await delay(leftMs);
    }
  }

  async close(): Promise<void> {
    await this.nats.close();
    this.#forward?.stop();
    await this.#forward?.ended;
  }
}

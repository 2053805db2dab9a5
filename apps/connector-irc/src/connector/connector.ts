import { isDeepStrictEqual } from 'node:util';
import { randomUUID } from 'node:crypto';
import { type NatsClient, log } from '@eeveebot/libeevee';
import { Bus } from '../bus/bus.ts';
import { ConnectionLock } from '../bus/lock.ts';
import { type Origin, chatEvent, incomingMessage } from '../bus/payloads.ts';
import type { Clock } from '../clock.ts';
import type { ConnectionSettings } from '../config/parse.ts';
import type { SecretReader } from '../config/secrets.ts';
import type { WatchedConnection } from './health.ts';
import { IrcConnection } from '../irc/connection.ts';
import { reasonOf } from '../reason.ts';
import { connectionReport } from './report.ts';
import type { RunTimeChannels } from './run-time-channels.ts';

/** For {@link Connector}. */
export interface ConnectorDeps {
  readonly nats: NatsClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly readSecret: SecretReader;
  readonly runTimeChannels: RunTimeChannels;
  /** Name of the module. */
  readonly name: string;
  /** Answer to CTCP VERSION. */
  readonly version: string;
}

/** Time for waiting lines to be sent before the connector stops. */
const FLUSH_MS = 500;

/** Time after which a configuration is tried again whose secrets or files cannot be read: a volume can get them later than the configuration. */
const UNREADABLE_MS = 5_000;

interface Instance {
  readonly connection: IrcConnection;
  readonly lock: ConnectionLock;
  /** Cancels the next attempt to apply a configuration that cannot be read. */
  cancelAttempt(): void;
}

/** A connection in `stats.connector`. */
export interface ConnectionStats {
  readonly name: string;
  readonly connected: boolean;
  readonly host: string;
  readonly nick: string;
  readonly channels: readonly string[];
  readonly reconnects: number;
  readonly lastConnect: string | null;
  readonly lastDisconnect: string | null;
}

/** All connections, each with its lock on the bus. */
export class Connector {
  readonly #deps: ConnectorDeps;
  readonly #bus: Bus;
  /** Identity of this process, in payloads and locks. */
  readonly #id = randomUUID();
  readonly #instances = new Map<string, Instance>();

  constructor(deps: ConnectorDeps) {
    this.#deps = deps;
    this.#bus = new Bus(deps);
  }

  /** Connections in the form that health uses. */
  get watched(): readonly WatchedConnection[] {
    return [...this.#instances].map(([name, { connection, lock }]) => ({ name, status: connection.status, standsBy: !lock.held }));
  }

  /** Connections in the form of stats. */
  get stats(): readonly ConnectionStats[] {
    const { clock } = this.#deps;
    const aheadMs = clock.wallNow() - clock.now();
    const isoTime = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms + aheadMs).toISOString());
    return [...this.#instances].map(([name, { connection }]) => {
      const { connected, host, reconnects, lastConnectMs, lastDisconnectMs } = connection.status;
      const { nick, joined: channels } = connection;
      return {
        name,
        connected,
        host,
        nick,
        channels,
        reconnects,
        lastConnect: isoTime(lastConnectMs),
        lastDisconnect: isoTime(lastDisconnectMs),
      };
    });
  }

  async start(settings: readonly ConnectionSettings[]): Promise<void> {
    await this.#bus.start();
    await this.configure(settings);
  }

  /** Applies a new configuration; connections that did not change stay up. */
  async configure(all: readonly ConnectionSettings[]): Promise<void> {
    const enabled = new Map(all.filter((settings) => settings.enabled).map((settings) => [settings.name, settings]));
    if (enabled.size === 0) log.warn('no connection is configured and enabled: set connections', { producer: this.#deps.name });
    for (const name of this.#instances.keys()) if (!enabled.has(name)) await this.#remove(name);
    for (const settings of enabled.values()) {
      const instance = this.#instances.get(settings.name);
      instance?.cancelAttempt();
      if (instance === undefined) await this.#add(settings);
      else if (!isDeepStrictEqual(instance.connection.settings, settings)) this.#reconfigure(instance, settings);
    }
  }

  /** Sends waiting lines, leaves IRC and releases the locks to other replicas. */
  async stop(): Promise<void> {
    await Promise.all([...this.#instances.keys()].map((name) => this.#remove(name)));
    this.#bus.stop();
  }

  /** @param failure reason why the last attempt failed. */
  #reconfigure(instance: Instance, settings: ConnectionSettings, failure?: string): void {
    const { clock, name: producer } = this.#deps;
    try {
      instance.connection.configure(settings);
    } catch (error) {
      const reason = reasonOf(error);
      const fields = { producer, connection: settings.name, reason };
      if (reason !== failure)
        log.error('the changed configuration of a connection cannot be used: the previous one stays in effect', fields);
      instance.cancelAttempt = clock.after(UNREADABLE_MS, () => this.#reconfigure(instance, settings, reason));
    }
  }

  async #add(settings: ConnectionSettings): Promise<void> {
    const { nats, clock, name: producer, runTimeChannels, random, readSecret, version } = this.#deps;
    const { name } = settings;
    const origin = (): Origin => ({ instance: name, network: connection.settings.irc.host, moduleUUID: this.#id, producer });
    const connection = new IrcConnection(settings, {
      clock,
      random,
      readSecret,
      version,
      report: connectionReport(producer, name),
      onSaid: (said, botNick, isPrivate) => {
        const { commonPrefixRegex } = connection.settings;
        const receipt = { botNick, commonPrefixRegex, isPrivate, trace: randomUUID(), nowMs: clock.wallNow() };
        this.#bus.publishMessage(incomingMessage(said, origin(), receipt));
      },
      onHappened: (event) => this.#bus.publishEvent(chatEvent(event, origin(), clock.wallNow())),
      onRunTimeChannels: () => runTimeChannels.keep(name, connection.atRunTime),
    });
    const lock = new ConnectionLock({ nats, clock, id: this.#id, instance: name, onChange: (held) => void this.#hold(name, held) });
    this.#instances.set(name, { connection, lock, cancelAttempt: () => undefined });
    await lock.start();
  }

  /** The lock was acquired or lost. */
  async #hold(name: string, held: boolean): Promise<void> {
    const instance = this.#instances.get(name);
    if (instance === undefined) return;
    const { connection, lock } = instance;
    const fields = { producer: this.#deps.name, connection: name };
    if (!held) {
      log.warn('another replica has this connection, or NATS is unavailable: standing by', fields);
      await Promise.all([this.#bus.ignore(name), connection.stop()]);
      connection.release();
      connection.drop();
      return;
    }
    log.info('this replica has the connection', fields);
    await this.#bus.listen(name, connection);
    if (lock.held) connection.start(this.#deps.runTimeChannels.of(name));
  }

  async #remove(name: string): Promise<void> {
    const instance = this.#instances.get(name);
    if (instance === undefined) return;
    this.#instances.delete(name);
    instance.cancelAttempt();
    await this.#bus.ignore(name);
    await instance.connection.flush(FLUSH_MS);
    await instance.connection.stop();
    instance.connection.release();
    instance.connection.drop();
    // Only now may another replica connect.
    await instance.lock.stop();
  }
}

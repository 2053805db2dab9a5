import { MODULE_HEADER } from '@eeveebot/contract';
import { type NatsConnection, connect, headers } from 'nats';

type Payload = Record<string, unknown>;

/** A received message. */
export interface Heard {
  readonly subject: string;
  readonly payload: Payload;
}

/** Minimal modules and a minimal connector, on a real server. */
export class Bus implements AsyncDisposable {
  readonly nats: NatsConnection;
  /** Messages from the router to modules and users. */
  readonly heard: Heard[] = [];
  readonly asked: string[] = [];
  /** Identities of the routers that announced themselves. */
  readonly peers: unknown[] = [];
  readonly #registrations = new Map<string, readonly [subject: string, payload: Payload, module: string | undefined]>();

  private constructor(nats: NatsConnection) {
    this.nats = nats;
    for (const subject of ['command.execute.>', 'broadcast.message.>', 'event.message.>', 'chat.notice.outgoing.>', 'admin.response.>']) {
      nats.subscribe(subject, { callback: (_error, msg) => void this.heard.push({ subject: msg.subject, payload: msg.json() }) });
    }
    nats.subscribe('control.router.peers', {
      callback: (_error, msg) => {
        try {
          this.peers.push(msg.json<{ readonly id?: unknown } | null>()?.id);
        } catch {
          // A test sent it.
        }
      },
    });
    for (const subject of ['control.registerCommands', 'control.registerBroadcasts', 'control.registerEvents']) {
      nats.subscribe(subject, {
        callback: () => {
          this.asked.push(subject);
          for (const registration of this.#registrations.values()) this.#tell(...registration);
        },
      });
    }
  }

  static async connect(host: string, token: string): Promise<Bus> {
    const bus = new Bus(await connect({ servers: host, token, maxReconnectAttempts: -1, reconnectTimeWait: 50, reconnectJitter: 0 }));
    await bus.nats.flush();
    return bus;
  }

  /** Registers at once, and again on every request. */
  register(subject: string, payload: Payload, module?: string): void {
    const id = String(payload['commandUUID'] ?? payload['broadcastUUID'] ?? payload['eventUUID']);
    this.#registrations.set(id, [subject, payload, module]);
    this.#tell(subject, payload, module);
  }

  /** Unregisters the command of a module. */
  stopCommand(commandUUID: string, module: string): void {
    this.#tell('command.unregister', { commandUUID }, module);
  }

  command(commandUUID: string, regex: string, ratelimit: Payload = {}, fields: Payload = {}): void {
    this.register('command.register', {
      ...{ type: 'command.register', commandUUID, commandDisplayName: commandUUID, regex, platformPrefixAllowed: true },
      ...{ platform: '.*', network: '.*', instance: '.*', channel: '.*', user: '.*', nickPrefixAllowed: true },
      ratelimit: { mode: 'drop', level: 'user', limit: 0, interval: '1m', ...ratelimit },
      ...fields,
    });
  }

  say(text: string, fields: Payload = {}): void {
    const message = {
      ...{ type: 'chat.message.incoming', platform: 'irc', network: 'irc.example.org', instance: 'main', channel: '#eevee' },
      ...{ nick: 'fox', user: '~foxident', userHost: 'den.example.org', botNick: 'eevee', commonPrefixRegex: '^!', text },
      ...fields,
    };
    this.#tell('chat.message.incoming.irc.main.#eevee.fox', message);
  }

  texts(commandUUID: string): unknown[] {
    return this.heard.filter(({ subject }) => subject === `command.execute.${commandUUID}`).map(({ payload }) => payload['text']);
  }

  on(prefix: string): Heard[] {
    return this.heard.filter(({ subject }) => subject.startsWith(prefix));
  }

  #tell(subject: string, payload: Payload, module?: string): void {
    const owner = headers();
    if (module !== undefined) owner.set(MODULE_HEADER, module);
    this.nats.publish(subject, JSON.stringify(payload), module === undefined ? undefined : { headers: owner });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nats.close();
  }
}

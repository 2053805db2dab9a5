import { type Msg, type NatsConnection, connect } from 'nats';

/** Place of a message. */
export interface Place {
  platform: string;
  network: string;
  instance: string;
  channel: string;
  user: string;
}

type Payload = Record<string, unknown>;

/** A payload and its subject. */
export interface Heard {
  subject: string;
  payload: Payload;
}

const payloadOf = (msg: Msg): Payload => msg.json();

/** A minimal router on a real server: stores registrations of modules, recognises `!` commands and records the answers of the bot. */
export class TinyRouter implements AsyncDisposable {
  readonly registered: Payload[] = [];
  readonly help: Payload[] = [];
  readonly outgoing: Heard[] = [];
  readonly nats: NatsConnection;

  private constructor(nats: NatsConnection) {
    this.nats = nats;
    const keep = (subject: string, into: Payload[]): unknown =>
      nats.subscribe(subject, { callback: (_error, msg) => void into.push(payloadOf(msg)) });
    keep('command.register', this.registered);
    keep('help.update', this.help);
    nats.subscribe('chat.message.outgoing.>', {
      callback: (_error, msg) => void this.outgoing.push({ subject: msg.subject, payload: payloadOf(msg) }),
    });
  }

  static async connect(server: { host: string }, token: string): Promise<TinyRouter> {
    const router = new TinyRouter(
      await connect({ servers: server.host, token, maxReconnectAttempts: -1, reconnectTimeWait: 50, reconnectJitter: 0 }),
    );
    await router.nats.flush();
    return router;
  }

  /** Simulates a chat message and executes the command that it calls. */
  say(place: Place, said: string, trace = 'trace-1'): void {
    if (!said.startsWith('!')) return;
    const text = said.slice(1);
    for (const { commandUUID, regex } of new Map(this.registered.map((command) => [command['commandUUID'], command])).values()) {
      const match = new RegExp(String(regex)).exec(text);
      if (match === null) continue;
      const execution = {
        ...place,
        userHost: 'user@host',
        text: text.slice(match[0].length),
        originalText: said,
        matchedCommand: 'echo',
        matchedText: match[0],
        timestamp: '2026-01-02T03:04:05.678Z',
        trace,
      };
      this.nats.publish(`command.execute.${String(commandUUID)}`, JSON.stringify(execution));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nats.close();
  }
}

import { eventually } from '@eeveebot/testing';
import { type NatsConnection, connect } from 'nats';

/** Payload on the bus. */
export type Payload = Record<string, unknown>;

/** The rest of a bot from the view of the connector: receives what it publishes, and sends texts through it. */
export class BusProbe implements AsyncDisposable {
  readonly incoming: { readonly subject: string; readonly payload: Payload }[] = [];
  readonly events: { readonly subject: string; readonly payload: Payload }[] = [];
  readonly nats: NatsConnection;

  private constructor(nats: NatsConnection) {
    this.nats = nats;
    const keep = (subject: string, into: BusProbe['incoming']): unknown =>
      nats.subscribe(subject, { callback: (_error, msg) => void into.push({ subject: msg.subject, payload: msg.json() }) });
    keep('chat.message.incoming.>', this.incoming);
    keep('chat.event.>', this.events);
  }

  static async connect(server: { readonly host: string }): Promise<BusProbe> {
    const probe = new BusProbe(
      await connect({ servers: server.host, maxReconnectAttempts: -1, reconnectTimeWait: 50, reconnectJitter: 0 }),
    );
    await probe.nats.flush();
    return probe;
  }

  /** Sends a text through the connector, or publishes any payload on its subject. */
  says(payload: Payload, kind: 'message' | 'action' | 'notice' = 'message', instance = 'main'): void {
    const channel = String(payload['channel'] ?? '').replaceAll(/[\s.*>]/g, '_');
    const person = kind === 'notice' && payload['channel'] === undefined;
    this.nats.publish(
      `chat.${kind}.outgoing.irc.${instance}${person ? '' : `.${channel === '' ? '_' : channel}`}`,
      JSON.stringify({ network: 'irc', instance, platform: 'irc', trace: 'trace', type: `${kind}.outgoing`, ...payload }),
    );
  }

  /** Sends a NATS request to the connector. */
  async asks(action: string, data: Payload, instance = 'main'): Promise<Payload> {
    return (
      await this.nats.request(`control.chatConnectors.irc.${instance}`, JSON.stringify({ action, data }), { timeout: 20_000 })
    ).json();
  }

  /** Waits for a matching incoming message. */
  hears(like: Payload): Promise<Payload> {
    return this.#wait(this.incoming, like, 'message');
  }

  /** Waits for a matching event. */
  sees(like: Payload): Promise<Payload> {
    return this.#wait(this.events, like, 'event');
  }

  async #wait(heard: BusProbe['incoming'], like: Payload, what: string): Promise<Payload> {
    const fits = (payload: Payload): boolean => Object.entries(like).every(([key, value]) => payload[key] === value);
    try {
      return await eventually(() => heard.map(({ payload }) => payload).find(fits), {
        what: `a ${what} like ${JSON.stringify(like)} on the bus`,
        intervalMs: 10,
        timeoutMs: 60_000,
      });
    } catch (error) {
      const last = heard.slice(-5).map(({ payload }) => JSON.stringify(payload));
      throw new Error(`no ${what} like ${JSON.stringify(like)}; last:\n${last.join('\n')}`, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nats.close();
  }
}

import { defined, routerCallsSubject, SUBJECT } from '@eeveebot/contract';
import type { Log, NatsClient } from '@eeveebot/libeevee';
import type { Inbox, Kept, Outgoing } from '@eeveebot/libeevee/delivery';
import type { Admission, Call, LimitWindow } from '@eeveebot/libeevee/routing';
import type { Msg } from 'nats';
import { portions } from './fitting.ts';
import { ANSWER_MS, type Handed, hasTexts, isHanded, isTimely } from './handed.ts';
import { OtherSettings, type RouterIdentity } from './other-settings.ts';
import { HEARTBEAT_MS, Peers } from './peers.ts';

/** The same for a message that waits for a module: a shutdown has little time. */
const KEPT_MS = 500;

/** Room for the other fields of a greeting. */
const GREETING_BYTES = 500;

interface Greeting {
  readonly id: string;
  readonly state: 'present' | 'leaving';
  /** Whether this replica confirms messages to connectors. */
  readonly confirms?: boolean;
  /** Routers of earlier releases do not announce it. */
  readonly router?: RouterIdentity;
  /** Counts, for a replica that does not know them. */
  readonly windows?: readonly (readonly [key: string, window: LimitWindow])[];
}

const isWindow = (value: unknown): value is LimitWindow =>
  ['startMs', 'endMs', 'count'].every((field) => Number.isFinite(Reflect.get(Object(value), field)));

/** Whether payloads have the required fields: any client may publish on these subjects. */
const isGreeting = (payload: unknown): payload is Greeting => {
  const windows: unknown = Reflect.get(Object(payload), 'windows') ?? [];
  const isEntry = (entry: unknown): boolean => Array.isArray(entry) && typeof entry[0] === 'string' && isWindow(entry[1]);
  return hasTexts(payload, ['id']) && Array.isArray(windows) && windows.every(isEntry);
};
const isIdentity = (value: unknown): value is RouterIdentity => hasTexts(value, ['module', 'settings']);
const isHandedMessage = (payload: unknown): payload is HandedMessage =>
  hasTexts(Reflect.get(Object(payload), 'kept'), ['lane', 'order', 'subject', 'payload']);

function payloadOf(msg: Msg): unknown {
  try {
    return msg.json();
  } catch {
    return undefined;
  }
}

/** A message that waits for a module or a connector, for another replica to send. */
interface HandedMessage {
  readonly kept: Omit<Kept, 'payload'> & { readonly payload: string };
}

interface PeerLinkDeps {
  readonly nats: NatsClient;
  readonly log: Log;
  readonly admission: Admission;
  readonly inbox: Inbox;
  /** This router, with its present settings. */
  readonly identity: () => RouterIdentity;
  /** Another router on the bus has other settings. */
  readonly onOtherSettings: (other: RouterIdentity) => void;
  /** Decides about a call here. */
  readonly admit: (call: Call) => void;
  /** Sends a message that another replica kept. */
  readonly send: (message: Outgoing) => void;
}

/**
 * Lets the replicas of a router share limits: all calls of a limit are decided by one replica, and all replicas know its counts, in case it
 * ends.
 */
export class PeerLink {
  readonly #deps: PeerLinkDeps;
  readonly #peers: Peers;
  readonly #others: OtherSettings;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(deps: PeerLinkDeps) {
    this.#deps = deps;
    this.#peers = new Peers({ id: deps.nats.instanceUUID, now: () => performance.now() });
    this.#others = new OtherSettings({ now: () => performance.now(), report: deps.onOtherSettings });
  }

  get #id(): string {
    return this.#peers.id;
  }

  async start(): Promise<void> {
    const { nats } = this.#deps;
    await nats.subscribe(SUBJECT.routerPeers, (_subject, msg) => this.#greeted(payloadOf(msg)));
    await nats.subscribe(SUBJECT.routerWindows, (_subject, msg) => this.#counted(payloadOf(msg)));
    await nats.subscribe(routerCallsSubject(this.#id), (_subject, msg) => this.#accept(msg));
    this.#greet('present');
    this.#heartbeat = setInterval(() => this.#greet('present'), HEARTBEAT_MS).unref();
  }

  /** Decides about a call, here or where its limit is counted. @param message reply subject of its message. */
  async decide(call: Call, message: string | undefined): Promise<void> {
    const { admission, admit } = this.#deps;
    const key = admission.limitKeyOf(call);
    const owner = key === undefined ? this.#id : this.#peers.ownerOf(key);
    if (owner === this.#id) this.#admitHere(call, key);
    else if (!(await this.#hand({ call, message }, owner))) {
      this.#peers.lost(owner);
      admit(call);
    }
  }

  /** Whether this is the only replica, so that it decides all calls itself. */
  get isAlone(): boolean {
    return this.#peers.alive.length === 0;
  }

  /**
   * Announces the shutdown: the other replicas take over the counts and the waiting calls. @returns the calls that no other replica
   * accepted.
   */
  async leave(): Promise<Call[]> {
    clearInterval(this.#heartbeat);
    if (this.isAlone) return this.#deps.admission.takeQueued();
    this.#greet('leaving');
    const left: Call[] = [];
    for (const call of this.#deps.admission.takeQueued()) {
      const heir = this.#peers.heirOf(this.#deps.admission.limitKeyOf(call) ?? '');
      if (heir === undefined || !(await this.#hand({ call }, heir))) left.push(call);
    }
    return left;
  }

  /** Passes messages that wait for modules and connectors to the other replicas. @returns those that no other replica accepted. */
  async handKept(messages: readonly Kept[]): Promise<Kept[]> {
    const taken = await Promise.all(
      messages.map(async (message) => {
        const heir = this.#peers.heirOf(message.lane);
        const kept = { ...message, payload: new TextDecoder().decode(message.payload) };
        return heir !== undefined && (await this.#request(heir, { kept }, KEPT_MS));
      }),
    );
    return messages.filter((_message, index) => taken[index] !== true);
  }

  #admitHere(call: Call, key: string | undefined): void {
    const { admission, admit, nats } = this.#deps;
    admit(call);
    const window = key === undefined || this.isAlone ? undefined : admission.windowOf(key);
    if (window !== undefined) void nats.publish(SUBJECT.routerWindows, JSON.stringify({ id: this.#id, key, window }));
  }

  /** @returns whether the other replica accepted it. */
  async #hand({ call, message }: { call: Call; message?: string | undefined }, to: string): Promise<boolean> {
    const handed: Handed = { call, sentMs: Date.now(), ...defined({ message }) };
    return this.#request(to, handed, ANSWER_MS);
  }

  async #request(to: string, handed: Handed | HandedMessage, timeout: number): Promise<boolean> {
    try {
      await this.#deps.nats.nats?.request(routerCallsSubject(to), JSON.stringify(handed), { timeout });
      return true;
    } catch (error) {
      this.#deps.log.warn('another replica of the router does not respond: its rate limits are now counted here', { peer: to, error });
      return false;
    }
  }

  #accept(msg: Msg): void {
    const payload = payloadOf(msg);
    if (isHandedMessage(payload)) {
      this.#deps.send(payload.kept);
      msg.respond();
      return;
    }
    if (!isHanded(payload) || !isTimely(payload.sentMs, Date.now())) return;
    this.#deps.inbox.note(payload.message);
    this.#admitHere(payload.call, this.#deps.admission.limitKeyOf(payload.call));
    msg.respond();
  }

  #counted(payload: unknown): void {
    const { id, key, window } = Object(payload) as Record<string, unknown>;
    if (id !== this.#id && typeof key === 'string' && isWindow(window)) this.#deps.admission.mergeWindow(key, window);
  }

  #greeted(payload: unknown): void {
    if (!isGreeting(payload) || payload.id === this.#id) return;
    if (payload.state === 'leaving') {
      this.#peers.lost(payload.id);
      return;
    }
    if (isIdentity(payload.router)) this.#others.heard(payload.id, payload.router, this.#deps.identity());
    for (const [key, window] of payload.windows ?? []) this.#deps.admission.mergeWindow(key, window);
    // The new replica knows neither this one nor its counts.
    if (this.#peers.heard(payload.id)) this.#welcome();
  }

  /** Sends the counts in several messages if they do not fit into one. */
  #welcome(): void {
    const { admission, nats } = this.#deps;
    this.#greet('present');
    for (const windows of portions([...admission.windows], nats.maxPayloadBytes - GREETING_BYTES)) this.#greet('present', windows);
  }

  /** While NATS is disconnected, no replica can be greeted. */
  #greet(state: Greeting['state'], windows?: Greeting['windows']): void {
    this.#others.keepOnly(this.#peers.alive);
    if (this.#deps.nats.isClosed()) return;
    const greeting: Greeting = { id: this.#id, state, confirms: true, router: this.#deps.identity(), ...defined({ windows }) };
    void this.#deps.nats.publish(SUBJECT.routerPeers, JSON.stringify(greeting));
  }
}

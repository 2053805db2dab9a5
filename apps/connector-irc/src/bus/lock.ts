import { connectorLockSubject } from '@eeveebot/contract';
import { type NatsClient, log } from '@eeveebot/libeevee';
import type { Clock } from '../clock.ts';
import { type LockAction, type LockMessage, LockState } from './lock-state.ts';
import { PLATFORM } from './payloads.ts';

const TICK_MS = 250;

/** For {@link ConnectionLock}. */
export interface LockDeps {
  readonly nats: NatsClient;
  readonly clock: Clock;
  /** Identity of this process. */
  readonly id: string;
  /** Name of the connection. */
  readonly instance: string;
  /** The lock was acquired, or lost to another replica. */
  readonly onChange: (held: boolean) => void;
}

const KINDS: ReadonlySet<unknown> = new Set(['hold', 'want', 'standby', 'release']);

/** The lock of a connection on the bus: one of several replicas holds it. */
export class ConnectionLock {
  readonly #deps: LockDeps;
  readonly #state: LockState;
  readonly #subject: string;
  #cancel: () => void = () => undefined;
  #subscription: ReturnType<NatsClient['subscribe']> | undefined;
  #stopped = false;
  readonly #onReconnect = (): void => this.#do(this.#state.busIsBack(this.#deps.clock.now()));

  constructor(deps: LockDeps) {
    this.#deps = deps;
    this.#state = new LockState(deps.id);
    this.#subject = connectorLockSubject({ platform: PLATFORM, instance: deps.instance });
  }

  get held(): boolean {
    return this.#state.held;
  }

  /** Starts trying to acquire the lock. */
  async start(): Promise<void> {
    const { nats, clock } = this.#deps;
    this.#subscription = nats.subscribe(this.#subject, (_subject, msg) => {
      const message = lockMessage(msg.string());
      if (message !== undefined && !this.#stopped) this.#do(this.#state.heard(message, clock.now()));
    });
    nats.on('reconnect', this.#onReconnect);
    await this.#subscription;
    this.#tick();
  }

  /** Releases the lock to a standby replica. */
  async stop(): Promise<void> {
    const { nats, id } = this.#deps;
    this.#stopped = true;
    this.#cancel();
    nats.off('reconnect', this.#onReconnect);
    if (this.#subscription !== undefined) await nats.unsubscribe(this.#subscription);
    if (this.#state.held && !nats.isClosed())
      await nats.publish(this.#subject, JSON.stringify({ id, kind: 'release' } satisfies LockMessage));
  }

  #tick(): void {
    if (this.#stopped) return;
    this.#do(this.#state.tick(this.#deps.clock.now()));
    this.#cancel = this.#deps.clock.after(TICK_MS, () => this.#tick());
  }

  #do(actions: readonly LockAction[]): void {
    for (const action of actions) {
      if ('send' in action) void this.#send(action.send);
      else this.#deps.onChange(action.held);
    }
  }

  async #send(kind: LockMessage['kind']): Promise<void> {
    const { nats, clock, id } = this.#deps;
    // While NATS is disconnected there is no receiver; publishing would log an error each second.
    if (nats.isClosed()) return;
    const sentMs = clock.now();
    if (await nats.publish(this.#subject, JSON.stringify({ id, kind } satisfies LockMessage))) this.#state.sent(sentMs);
  }
}

function lockMessage(text: string): LockMessage | undefined {
  try {
    const message = JSON.parse(text) as Partial<LockMessage> | null;
    if (typeof message?.id === 'string' && KINDS.has(message.kind)) return message as LockMessage;
  } catch (error) {
    log.debug('a message about a lock is not JSON', { producer: 'connector-irc', error });
  }
  return undefined;
}

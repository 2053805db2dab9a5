import { setTimeout as delay } from 'node:timers/promises';
import { moduleSchedulesSubject } from '@eeveebot/contract';
import type { Msg } from 'nats';
import { moduleIdentity } from '../nats/module-identity.ts';
import type { NatsClient } from '../nats/client.ts';

/** Verdict about a run: `won` if it happens here, `lost` if in another replica, `unreachable` if the bus cannot be asked now. */
export type Verdict = 'won' | 'lost' | 'unreachable';

/** Decides in which of several replicas a run happens. */
export interface Claims {
  /** @param occurrence identity of the run, equal in all replicas. */
  claim(occurrence: string): Promise<Verdict>;
}

/** Message of a replica about a run. */
interface ClaimMessage {
  /** Identity of the replica. */
  readonly id: string;
  readonly occurrence: string;
  /** `claim`: wants to run it; `taken`: runs it, or has run it, and so is not answered. */
  readonly kind: 'claim' | 'taken';
}

/** Time for other replicas to object: longer than a message and a busy event loop usually take. */
const OBJECTION_MS = 300;

/** Number of won runs that are remembered. A replica whose clock is behind claims them later. */
const MAX_WON = 10_000;

const isClaimMessage = (payload: unknown): payload is ClaimMessage => {
  const { id, occurrence, kind } = Object(payload) as Partial<Record<keyof ClaimMessage, unknown>>;
  return typeof id === 'string' && typeof occurrence === 'string' && (kind === 'claim' || kind === 'taken');
};

function messageOf(msg: Msg): ClaimMessage | undefined {
  try {
    const payload: unknown = msg.json();
    return isClaimMessage(payload) ? payload : undefined;
  } catch {
    // Any client may publish on the subject.
    return undefined;
  }
}

/**
 * Claims on the bus, which needs no storage there. A replica announces the run that it wants and waits for objections: of two that claim at
 * the same time, the one with the smaller identity runs it, and one that has already run it objects.
 *
 * A lock for all runs, as that of a connection, would not do: an entry that one replica made is known only to that replica.
 */
export class BusClaims implements Claims {
  readonly #nats: NatsClient;
  readonly #subject: string;
  readonly #won = new Set<string>();
  /** Claims that wait, and whether a replica objected. */
  readonly #waiting = new Map<string, { lost: boolean }>();

  /** @param module its name. */
  constructor(nats: NatsClient, module: string) {
    this.#nats = nats;
    this.#subject = moduleSchedulesSubject(moduleIdentity(module));
  }

  /** Subscribes to the claims of other replicas. @returns `false` if NATS does not permit it. */
  async start(options: { readonly idle?: () => Promise<void> } = {}): Promise<boolean> {
    const subscription = await this.#nats.subscribe(this.#subject, (_subject, msg) => this.#heard(messageOf(msg)), options);
    return subscription !== false;
  }

  async claim(occurrence: string): Promise<Verdict> {
    // A run that was begun here and is tried again.
    if (this.#won.has(occurrence)) return 'won';
    const claim = { lost: false };
    this.#waiting.set(occurrence, claim);
    try {
      if (!(await this.#send(occurrence, 'claim'))) return 'unreachable';
      await delay(OBJECTION_MS, undefined, { ref: false });
      // An objection may be lost with the connection.
      if (this.#nats.isClosed()) return 'unreachable';
    } finally {
      this.#waiting.delete(occurrence);
    }
    if (claim.lost) return 'lost';
    this.#remember(occurrence);
    return 'won';
  }

  #heard(message: ClaimMessage | undefined): void {
    if (message === undefined || message.id === this.#nats.instanceUUID) return;
    const { id, occurrence, kind } = message;
    const claim = this.#waiting.get(occurrence);
    const isBefore = claim !== undefined && !claim.lost && this.#nats.instanceUUID < id;
    // A replica that only claims answers with its own claim: a third replica with a smaller identity runs it, and must not treat the run as
    // taken.
    if (kind === 'claim' && this.#won.has(occurrence)) void this.#send(occurrence, 'taken');
    else if (kind === 'claim' && isBefore) void this.#send(occurrence, 'claim');
    else if (claim !== undefined) claim.lost = true;
  }

  #remember(occurrence: string): void {
    const [oldest] = this.#won;
    if (oldest !== undefined && this.#won.size >= MAX_WON) this.#won.delete(oldest);
    this.#won.add(occurrence);
  }

  async #send(occurrence: string, kind: ClaimMessage['kind']): Promise<boolean> {
    if (this.#nats.isClosed()) return false;
    return this.#nats.publish(this.#subject, JSON.stringify({ id: this.#nats.instanceUUID, occurrence, kind } satisfies ClaimMessage));
  }
}

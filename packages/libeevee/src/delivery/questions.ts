import { receiverSubject } from '@eeveebot/contract';
import { ErrorCode, NatsError } from 'nats';
import { log } from '../log/log.ts';
import type { NatsClient } from '../nats/client.ts';
import type { DeliveryAnswer, DeliveryQuestion } from './inbox.ts';

/** Time limit of one question. */
const ANSWER_MS = 1_000;

/** Time without an answer after which a receiver is gone; a receiver may need this long to reconnect. */
const GONE_MS = 5_000;

/** Answer of a receiver; `gone`: its process has ended; `silent`: it may answer later. */
type Answered = DeliveryAnswer | 'gone' | 'silent';

/** The answers of several receivers. */
export interface Answers {
  readonly taken: ReadonlySet<number>;
  readonly held: ReadonlySet<number>;
  readonly gone: readonly string[];
  /** Whether all running receivers have answered. */
  readonly isComplete: boolean;
}

/** Asks receivers which messages they have. NATS answers for a receiver that is gone: its subject has no subscriber. */
export class Questions {
  readonly #nats: NatsClient;
  readonly #now: () => number;
  /** When a receiver was first asked without an answer. */
  readonly #silentSinceMs = new Map<string, number>();
  #reconnectedMs = -Infinity;

  constructor(nats: NatsClient, now: () => number) {
    this.#nats = nats;
    this.#now = now;
  }

  reconnected(): void {
    this.#reconnectedMs = this.#now();
    this.#silentSinceMs.clear();
  }

  async askAll(receivers: readonly string[], question: DeliveryQuestion): Promise<Answers> {
    const answers = await Promise.all(receivers.map((receiver) => this.#ask(receiver, question)));
    const given = answers.filter((answer) => typeof answer !== 'string');
    return {
      taken: new Set(given.flatMap(({ taken }) => taken)),
      held: new Set(given.flatMap(({ held }) => held)),
      gone: receivers.filter((_receiver, index) => answers[index] === 'gone'),
      isComplete: !answers.includes('silent'),
    };
  }

  async #ask(receiver: string, question: DeliveryQuestion): Promise<Answered> {
    try {
      const msg = await this.#nats.nats?.request(receiverSubject(receiver), JSON.stringify(question), { timeout: ANSWER_MS });
      this.#silentSinceMs.delete(receiver);
      return msg?.json<DeliveryAnswer>() ?? 'silent';
    } catch (error) {
      log.debug('a receiver does not respond', { producer: 'delivery', receiver, error });
      const nowMs = this.#now();
      const isAbsent = error instanceof NatsError && error.code === (ErrorCode.NoResponders as string);
      if (isAbsent && nowMs - this.#reconnectedMs >= GONE_MS) return this.#gone(receiver);
      const sinceMs = this.#silentSinceMs.get(receiver) ?? nowMs;
      if (nowMs - sinceMs >= GONE_MS) return this.#gone(receiver);
      this.#silentSinceMs.set(receiver, sinceMs);
      return 'silent';
    }
  }

  #gone(receiver: string): 'gone' {
    this.#silentSinceMs.delete(receiver);
    return 'gone';
  }
}

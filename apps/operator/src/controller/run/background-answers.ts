import { setBounded } from '../set-bounded.ts';
import type { ReconcileContext } from './definition.ts';

/** Maximum number of resources whose answers are kept. The oldest are evicted, so deleted resources make room. */
const REMEMBERED = 10_000;

/** An answer to a question. */
export interface Answer<T> {
  readonly value: T;
  /** Time of the answer, by the monotonic clock. */
  readonly atMs: number;
  readonly time: Date;
  /** Consecutive bad answers to the same question, including this one. */
  readonly failures: number;
}

/** A question about a resource. */
export interface Question<T> {
  /** Identifies everything that the answer depends on. */
  readonly fingerprint: string;
  /** How long an answer is valid, in milliseconds. */
  standsMs(answer: Answer<T>): number;
  isGood(value: T): boolean;
  /** Produces the answer. Runs outside of any reconcile, so it may take long. */
  ask(signal: AbortSignal): Promise<T>;
}

/** The known answer to a question. */
export interface Known<T> {
  /** The last answer to this exact question. It may have expired. */
  readonly answer: Answer<T> | undefined;
  /** Remaining validity of the answer. `undefined` while the question is in flight: its answer triggers a reconcile of the resource. */
  readonly standsForMs: number | undefined;
}

interface Entry<T> {
  readonly fingerprint: string;
  readonly answer: Answer<T> | undefined;
  readonly isAsking: boolean;
}

/**
 * Caches answers to questions that may take long, such as requests to S3 servers. Questions are asked in the background, one at a time
 * for each resource. A reconcile reads the cached answer and ends; a new answer triggers the next reconcile.
 */
export class BackgroundAnswers<T> {
  readonly #entries = new Map<string, Entry<T>>();

  /** @param uid of the resource that the question is about. */
  of(uid: string, question: Question<T>, context: Pick<ReconcileContext, 'inBackground' | 'clock'>): Known<T> {
    const entry = this.#entries.get(uid);
    const isSame = entry?.fingerprint === question.fingerprint;
    const answer = isSame ? entry.answer : undefined;
    if (isSame && entry.isAsking) return { answer, standsForMs: undefined };
    const standsForMs = answer === undefined ? 0 : answer.atMs + question.standsMs(answer) - context.clock.elapsedMs();
    if (standsForMs > 0) return { answer, standsForMs };
    this.#ask(uid, { question, before: answer }, context);
    return { answer, standsForMs: undefined };
  }

  #ask(
    uid: string,
    { question, before }: { readonly question: Question<T>; readonly before: Answer<T> | undefined },
    { inBackground, clock }: Pick<ReconcileContext, 'inBackground' | 'clock'>,
  ): void {
    const asking: Entry<T> = { fingerprint: question.fingerprint, answer: before, isAsking: true };
    setBounded(this.#entries, [uid, asking], REMEMBERED);
    // If another question has replaced this one, or the resource is gone, the answer is dropped.
    const settle = (answer: Answer<T> | undefined) => {
      if (this.#entries.get(uid) === asking) this.#entries.set(uid, { ...asking, answer, isAsking: false });
    };
    inBackground(async (signal) => {
      try {
        const value = await question.ask(signal);
        const failures = question.isGood(value) ? 0 : (before?.failures ?? 0) + 1;
        settle({ value, failures, atMs: clock.elapsedMs(), time: clock.now() });
      } catch (error) {
        settle(before);
        throw error;
      }
    });
  }
}

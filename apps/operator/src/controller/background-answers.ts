import { remember } from './remember.ts';
import type { ReconcileContext } from './types.ts';

/** Resources of which answers are kept: those of deleted ones make way. */
const REMEMBERED = 10_000;

/** An answer that was given. */
export interface Answer<T> {
  readonly value: T;
  /** When it was given, by the clock that is never set. */
  readonly atMs: number;
  readonly time: Date;
  /** Answers in a row to the same question that were no good, up to this one. */
  readonly failures: number;
}

/** A question about a resource. */
export interface Question<T> {
  /** Stands for everything that the answer depends on. */
  readonly fingerprint: string;
  /** For how long an answer stands, in milliseconds. */
  standsMs(answer: Answer<T>): number;
  isGood(value: T): boolean;
  /** Gives the answer. Outside of any reconcile: it may take long. */
  ask(signal: AbortSignal): Promise<T>;
}

/** The known answer to a question. */
export interface Known<T> {
  /** The last answer to this very question, which may be one that no longer stands. */
  readonly answer: Answer<T> | undefined;
  /** Until the answer no longer stands. `undefined` while the question is being asked: the resource is looked at again when it is answered. */
  readonly standsForMs: number | undefined;
}

interface Entry<T> {
  readonly fingerprint: string;
  readonly answer: Answer<T> | undefined;
  readonly isAsking: boolean;
}

/**
 * Answers to questions that may take long, such as those to S3 servers: asked in the background, for each resource one at a time, and
 * kept for as long as they stand. A reconcile reads what is known and ends; the answer calls for the next.
 */
export class BackgroundAnswers<T> {
  readonly #entries = new Map<string, Entry<T>>();

  /** @param uid of the resource for which it is asked. */
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
    remember(this.#entries, [uid, asking], REMEMBERED);
    // Another question may have been asked since, or the resource be gone: then this answer is of no interest.
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

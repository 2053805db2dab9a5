import { ERROR_CODES, EeveeError, UserError, isInstanceOf, reasonOf } from '../errors.ts';
import { workLeft } from '../promises.ts';
import type { HandlerScope } from './handler-scope.ts';
import type { RosterMember } from './roster.ts';
import { RefusedError } from './with-permission.ts';

/** Outcome of a handler that did not do its work. */
export interface Failure {
  /** `error`: it threw; `timeout`: it timed out; `stopped`: the module stopped before it was done. */
  readonly result: 'error' | 'timeout' | 'stopped';
  readonly error: unknown;
}

/** Outcome of handling a message. `user_error`: the user got the message of a {@link UserError}; `refused`: may not make the call. */
export type Outcome = { readonly result: 'success' | 'user_error' | 'refused' } | Failure;

/** Whether the module, rather than its user, has to deal with an outcome. */
export const isFailure = (outcome: Outcome): outcome is Failure => 'error' in outcome;

const SUCCESS: Outcome = { result: 'success' };
const USER_ERROR: Outcome = { result: 'user_error' };
const REFUSED: Outcome = { result: 'refused' };

/** Time for a handler that failed or timed out to answer. Other messages of its channel wait at most this long. */
const LAST_WORD_MS = 1_000;

/** A handler with its limits and fallbacks. */
interface TimedHandler<Scope> {
  readonly timeoutMs: number;
  run(scope: Scope): unknown;
  /** May answer for a handler that threw or rejected. */
  onError?: ((scope: Scope, error: unknown) => unknown) | undefined;
  /** May answer for a handler that timed out. */
  onTimeout?: ((scope: Scope) => unknown) | undefined;
}

/**
 * A running handler, which can be ended from outside.
 *
 * On a timeout, its signal aborts first; for a moment, it or `onTimeout` can still answer. After that, answers are rejected and the
 * next message runs.
 */
export class HandlerRun<Scope extends HandlerScope<unknown>> implements RosterMember {
  rosterPlace = -1;
  readonly #scope: Scope;
  readonly #handler: TimedHandler<Scope>;
  readonly #whenEnded: (outcome: Outcome) => void;
  #pending: Promise<unknown> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The outcome, once it is known that it is not a success. */
  #failure: Outcome | undefined;
  #ended = false;
  #isParked = false;
  #release: () => void;

  /**
   * @param release gives the turn in the channel to the next message.
   * @param whenEnded called once, when the handler has ended or timed out, possibly before `start` returns.
   */
  constructor(
    scope: Scope,
    handler: TimedHandler<Scope>,
    { release, whenEnded }: { release: () => void; whenEnded: (outcome: Outcome) => void },
  ) {
    this.#release = release;
    this.#scope = scope;
    this.#handler = handler;
    this.#whenEnded = whenEnded;
  }

  /** Starts the handler. Never throws. */
  start(): void {
    try {
      this.#pending = workLeft(this.#handler.run(this.#scope));
    } catch (error) {
      this.#failed(error);
      return;
    }
    if (this.#pending === undefined) {
      this.#end(SUCCESS);
      return;
    }
    if (!this.#isParked) this.#startTimer();
    this.#pending.then(
      () => this.#failure === undefined && this.#end(SUCCESS),
      (error: unknown) => this.#failed(error),
    );
  }

  /** Whether the handler waits for an answer, without its turn in the channel. */
  get isParked(): boolean {
    return this.#isParked;
  }

  /** Whether the handler has ended. */
  get isOver(): boolean {
    return this.#ended;
  }

  /** Gives the turn to other messages of the channel while the handler waits for an answer. Its time limit does not run during that time. */
  park(): void {
    // A handler that failed or timed out has only a moment left.
    if (this.#ended || this.#isParked || this.#failure !== undefined) return;
    clearTimeout(this.#timer);
    this.#isParked = true;
    this.#release();
  }

  /** Takes the turn again; the time limit of the handler starts again. @param release gives the turn to the next message. */
  resume(release: () => void): void {
    if (this.#ended || !this.#isParked) {
      release();
      return;
    }
    this.#isParked = false;
    this.#release = release;
    this.#startTimer();
  }

  #startTimer(): void {
    this.#timer = setTimeout(() => this.#timeUp(), this.#handler.timeoutMs);
  }

  /** Stops waiting for the handler: its signal aborts, and later answers are rejected. */
  stop(): void {
    if (this.#ended) return;
    const error = new EeveeError(ERROR_CODES.moduleStopped, 'the module stopped before the handler was done');
    this.#failure ??= { result: 'stopped', error };
    this.#scope.abort(error);
    this.#finish(this.#failure, error);
  }

  #timeUp(): void {
    const { timeoutMs, onTimeout } = this.#handler;
    const error = new EeveeError(ERROR_CODES.handlerTimeout, `the handler took longer than ${timeoutMs} ms`);
    const failure: Failure = { result: 'timeout', error };
    this.#failure = failure;
    this.#scope.abort(error);
    // A handler that never read its signal cannot react to it, so it is not waited for.
    const words = this.#scope.isFollowed ? [this.#pending?.catch(() => undefined)] : [];
    if (onTimeout !== undefined) words.push(this.#lastWord('onTimeout', () => onTimeout(this.#scope)));
    this.#endAfter(words, failure, error);
  }

  #failed(error: unknown): void {
    if (this.#failure !== undefined || this.#ended) {
      this.#scope.log.debug('a handler failed after its time was up', { error });
      return;
    }
    clearTimeout(this.#timer);
    if (isInstanceOf(error, UserError)) {
      this.#explain(error);
      return;
    }
    const { onError } = this.#handler;
    // The answer that it waits for will not arrive.
    const isStopped = isInstanceOf(error, EeveeError) && error.code === ERROR_CODES.moduleStopped;
    const failure: Failure = { result: isStopped ? 'stopped' : 'error', error };
    this.#failure = failure;
    if (onError === undefined) this.#end(failure);
    else this.#endAfter([this.#lastWord('onError', () => onError(this.#scope, error))], failure);
  }

  /** Sends the message to the user, which is the answer: if that fails, so did the handler. */
  #explain(explained: UserError): void {
    const outcome = isInstanceOf(explained, RefusedError) ? REFUSED : USER_ERROR;
    this.#failure = outcome;
    const late = new EeveeError(ERROR_CODES.handlerTimeout, `the message of a UserError was not sent within ${LAST_WORD_MS} ms`);
    this.#timer = setTimeout(() => this.#finish({ result: 'error', error: late }, late), LAST_WORD_MS);
    this.#say(explained).then(
      () => this.#finish(outcome, undefined),
      (error: unknown) => this.#finish({ result: 'error', error }, undefined),
    );
  }

  /** Async, since a subclass may throw when its message is read. @throws EeveeError with the message that the user did not get as cause. */
  async #say(explained: UserError): Promise<void> {
    try {
      if (explained.message.trim() !== '') await this.#scope.explain(explained);
    } catch (error) {
      const reason = `the message of a UserError was not sent: ${reasonOf(error)}`;
      throw new EeveeError(ERROR_CODES.chatNotSent, reason, { cause: explained });
    }
  }

  /** Ends when all answers are sent, or the time for them is over. */
  #endAfter(words: readonly unknown[], failure: Failure, reason?: Error): void {
    if (words.length === 0) {
      this.#finish(failure, reason);
      return;
    }
    const late = reason ?? new EeveeError(ERROR_CODES.handlerTimeout, `onError took longer than ${LAST_WORD_MS} ms`);
    this.#timer = setTimeout(() => this.#finish(failure, late), LAST_WORD_MS);
    void Promise.all(words).then(() => this.#finish(failure, reason));
  }

  async #lastWord(hook: 'onError' | 'onTimeout', say: () => unknown): Promise<void> {
    try {
      try {
        await workLeft(say());
      } catch (error) {
        if (!isInstanceOf(error, UserError)) throw error;
        await this.#say(error);
      }
    } catch (error) {
      this.#scope.module.metrics.recordError(hook);
      this.#scope.log.error(`${hook} failed`, { error });
    }
  }

  /** @param reason rejects later answers. If absent, they are allowed: a failed handler may not have awaited some of them. */
  #finish(outcome: Outcome, reason: Error | undefined): void {
    if (this.#ended) return;
    if (reason !== undefined) this.#scope.end(reason);
    this.#end(outcome);
  }

  #end(outcome: Outcome): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#whenEnded(outcome);
    if (!this.#isParked) this.#release();
  }
}

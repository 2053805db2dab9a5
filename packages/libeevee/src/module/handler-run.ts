import { ERROR_CODES, EeveeError } from '../errors.ts';
import { pendingOf } from '../promises.ts';
import type { HandlerScope } from './handler-scope.ts';

/** How the handling of a message ended. */
export type Outcome = { readonly result: 'success' } | { readonly result: 'error' | 'timeout' | 'stopped'; readonly error: unknown };

type Failure = Exclude<Outcome, { readonly result: 'success' }>;

const SUCCESS: Outcome = { result: 'success' };

/** How long a handler that has failed or run out of time may still answer. Others of its channel wait for that long at most. */
const LAST_WORD_MS = 1_000;

/** A handler, and what it has to keep to. */
interface TimedHandler<Scope> {
  readonly timeoutMs: number;
  run(scope: Scope): unknown;
  /** May answer in place of a handler that threw or rejected. */
  onError?: ((scope: Scope, error: unknown) => unknown) | undefined;
  /** May answer in place of a handler that took too long. */
  onTimeout?: ((scope: Scope) => unknown) | undefined;
}

/**
 * A handler that runs, and whose time can be ended from outside.
 *
 * When its time is up, its signal aborts first; it keeps its word for a moment, so that it or `onTimeout` can still answer. Then answers
 * are refused, and the next message has its turn.
 */
export class HandlerRun<Scope extends HandlerScope<unknown>> {
  readonly #scope: Scope;
  readonly #handler: TimedHandler<Scope>;
  readonly #whenEnded: (outcome: Outcome) => void;
  #pending: Promise<unknown> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failure: Failure | undefined;
  #ended = false;

  /** @param whenEnded called once, when the handler has ended or its time is up; it may be before `start` returns. */
  constructor(scope: Scope, handler: TimedHandler<Scope>, whenEnded: (outcome: Outcome) => void) {
    this.#scope = scope;
    this.#handler = handler;
    this.#whenEnded = whenEnded;
  }

  /** Starts the handler. Never throws. */
  start(): void {
    try {
      this.#pending = pendingOf(this.#handler.run(this.#scope));
    } catch (error) {
      this.#failed(error);
      return;
    }
    if (this.#pending === undefined) {
      this.#end(SUCCESS);
      return;
    }
    this.#timer = setTimeout(() => this.#timeUp(), this.#handler.timeoutMs);
    this.#pending.then(
      () => this.#failure === undefined && this.#end(SUCCESS),
      (error: unknown) => this.#failed(error),
    );
  }

  /** Waits for it no longer: its signal aborts, and what it says after that is refused. */
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
    // A handler that never looked at its signal does not know, and is not waited for.
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
    const { onError } = this.#handler;
    const failure: Failure = { result: 'error', error };
    this.#failure = failure;
    if (onError === undefined) this.#end(failure);
    else this.#endAfter([this.#lastWord('onError', () => onError(this.#scope, error))], failure);
  }

  /** Ends when all has been said, or the time for that is up. */
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
      await pendingOf(say());
    } catch (error) {
      this.#scope.module.metrics.recordError(hook);
      this.#scope.log.error(`${hook} failed`, { error });
    }
  }

  /** @param reason why answers are refused from now on. Without one they are not: some that a failed handler did not wait for are on their way. */
  #finish(failure: Failure, reason: Error | undefined): void {
    if (this.#ended) return;
    if (reason !== undefined) this.#scope.end(reason);
    this.#end(failure);
  }

  #end(outcome: Outcome): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#whenEnded(outcome);
  }
}

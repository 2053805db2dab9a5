import { ERROR_CODES, EeveeError } from '../errors.ts';
import { isThenable } from '../thenable.ts';
import type { MessageScope } from './message-scope.ts';

/** How the handling of a message ended. */
export type Outcome = { readonly result: 'success' } | { readonly result: 'error' | 'timeout' | 'stopped'; readonly error: unknown };

const SUCCESS: Outcome = { result: 'success' };

/** A handler, and what it has to keep to. */
interface TimedHandler<Config> {
  readonly timeoutMs: number;
  run(scope: MessageScope<Config>): unknown;
}

/** A handler that runs, and whose time can be ended from outside. */
export class HandlerRun<Config> {
  readonly #scope: MessageScope<Config>;
  readonly #handler: TimedHandler<Config>;
  readonly #whenEnded: (outcome: Outcome) => void;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  /** @param whenEnded called once, when the handler has ended or its time is up; it may be before `start` returns. */
  constructor(scope: MessageScope<Config>, handler: TimedHandler<Config>, whenEnded: (outcome: Outcome) => void) {
    this.#scope = scope;
    this.#handler = handler;
    this.#whenEnded = whenEnded;
  }

  /** Starts the handler. Never throws. */
  start(): void {
    let result: unknown;
    try {
      result = this.#handler.run(this.#scope);
    } catch (error) {
      this.#failed(error);
      return;
    }
    if (!isThenable(result)) {
      this.#end(SUCCESS);
      return;
    }
    const { timeoutMs } = this.#handler;
    this.#timer = setTimeout(() => {
      this.#cut('timeout', new EeveeError(ERROR_CODES.handlerTimeout, `the handler took longer than ${timeoutMs} ms`));
    }, timeoutMs);
    Promise.resolve(result).then(
      () => this.#end(SUCCESS),
      (error: unknown) => this.#failed(error),
    );
  }

  /** Waits for it no longer. */
  stop(): void {
    this.#cut('stopped', new EeveeError(ERROR_CODES.moduleStopped, 'the module stopped before the handler was done'));
  }

  #cut(result: 'timeout' | 'stopped', error: EeveeError): void {
    if (this.#ended) return;
    this.#scope.end(error);
    this.#end({ result, error });
  }

  #failed(error: unknown): void {
    if (this.#ended) this.#scope.log.debug('a handler failed after its time was up', { error });
    else this.#end({ result: 'error', error });
  }

  #end(outcome: Outcome): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#whenEnded(outcome);
  }
}

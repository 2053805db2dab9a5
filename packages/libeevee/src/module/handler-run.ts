import { ERROR_CODES, EeveeError } from '../errors.ts';
import type { MessageScope } from './message-scope.ts';

/** How the handling of a message ended. */
export type Outcome = { readonly result: 'success' } | { readonly result: 'error' | 'timeout' | 'stopped'; readonly error: unknown };

/** A handler that runs, and whose time can be ended from outside. */
export class HandlerRun<Config> {
  readonly #scope: MessageScope<Config>;
  readonly #settled = Promise.withResolvers<Outcome>();
  readonly #timer: NodeJS.Timeout;
  #ended = false;

  /** Starts the handler. It has `timeoutMs` milliseconds. */
  constructor(scope: MessageScope<Config>, run: (scope: MessageScope<Config>) => unknown, timeoutMs: number) {
    this.#scope = scope;
    this.#timer = setTimeout(() => {
      this.#cut('timeout', new EeveeError(ERROR_CODES.handlerTimeout, `the handler took longer than ${timeoutMs} ms`));
    }, timeoutMs);
    void this.#follow(run);
  }

  /** Settles when the handler has ended or its time is up; never rejects. */
  get outcome(): Promise<Outcome> {
    return this.#settled.promise;
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

  async #follow(run: (scope: MessageScope<Config>) => unknown): Promise<void> {
    try {
      await run(this.#scope);
      this.#end({ result: 'success' });
    } catch (error) {
      if (this.#ended) this.#scope.log.debug('a handler failed after its time was up', { error });
      else this.#end({ result: 'error', error });
    }
  }

  #end(outcome: Outcome): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#settled.resolve(outcome);
  }
}

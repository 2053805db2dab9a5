import { ERROR_CODES, EeveeError } from '../errors.ts';
import { DONE, ignorable, workLeft } from '../promises.ts';
import type { HandlerScope } from './handler-scope.ts';
import { NextPromise } from './next-promise.ts';

/** Runs the next middleware or, after the last one, the handler. Rejects with what they throw. */
export type Next = () => Promise<void>;

/**
 * Runs around handlers: before and after `next()`, or instead of it. It may call `next` once.
 *
 * @example
 * const timed: Middleware<HandlerContext> = async ({ handler, log }, next) => {
 *   const startMs = performance.now();
 *   await next();
 *   log.debug('took', { handler: handler.name, ms: performance.now() - startMs });
 * };
 */
export type Middleware<Context> = {
  // A method, so that one for any context fits a specific one, as `run` does.
  around(ctx: Context, next: Next): unknown;
}['around'];

type Run<Scope> = (scope: Scope) => unknown;

/** One middleware around one run. */
class Passage<Scope extends HandlerScope<unknown>> {
  readonly #run: Run<Scope>;
  readonly #scope: Scope;
  #inner: Promise<void> | undefined;
  #hasEnded = false;
  #misuse: EeveeError | undefined;

  constructor(run: Run<Scope>, scope: Scope) {
    this.#run = run;
    this.#scope = scope;
  }

  /**
   * Ends when both have ended, even if the middleware does not await `next()`; then the failure of the run is that of both.
   *
   * @returns a promise only if something is left to wait for.
   */
  through(middleware: Middleware<Scope>): unknown {
    let result: unknown;
    try {
      result = middleware(this.#scope, () => this.#next());
    } catch (error) {
      this.#hasEnded = true;
      throw error;
    }
    const isInner = result === this.#inner;
    const left = isInner ? undefined : workLeft(result);
    if (left !== undefined || this.#inner instanceof NextPromise) return this.#rest(left, isInner);
    this.#end();
    return undefined;
  }

  #next(): Promise<void> {
    if (this.#inner !== undefined || this.#hasEnded) {
      const problem = this.#hasEnded ? 'after the middleware had ended' : 'twice';
      this.#misuse = new EeveeError(ERROR_CODES.nextMisused, `a middleware of ${this.#scope.handler.name} called next() ${problem}`);
      if (this.#hasEnded) this.#scope.log.error('next() has no effect', { error: this.#misuse });
      return ignorable(Promise.reject(this.#misuse));
    }
    const left = this.#started();
    this.#inner = left === undefined ? DONE : NextPromise.of(left);
    return this.#inner;
  }

  /** Starts the run. @returns the rest of it, if something is left to wait for. */
  #started(): Promise<unknown> | undefined {
    try {
      // A handler must not start after its time.
      if (this.#scope.abortReason !== undefined) throw this.#scope.abortReason;
      return workLeft(this.#run(this.#scope));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** @param left of the middleware, unless it returned the promise of `next()`. */
  async #rest(left: Promise<unknown> | undefined, isInner: boolean): Promise<void> {
    try {
      await left;
      const inner = this.#inner;
      if (inner instanceof NextPromise && (isInner || !inner.isOver || !inner.isObserved)) await inner;
    } finally {
      this.#hasEnded = true;
    }
    this.#end();
  }

  #end(): void {
    this.#hasEnded = true;
    if (this.#misuse !== undefined) throw this.#misuse;
  }
}

/**
 * A handler with middleware around it: the first runs first, and ends last.
 *
 * @example
 * withMiddleware([logged, translated], (scope) => command.run(scope));
 */
export const withMiddleware = <Scope extends HandlerScope<unknown>>(
  use: readonly Middleware<Scope>[] | undefined,
  run: Run<Scope>,
): Run<Scope> => (use ?? []).reduceRight<Run<Scope>>((inner, middleware) => (scope) => new Passage(inner, scope).through(middleware), run);

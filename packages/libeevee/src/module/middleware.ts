import { ERROR_CODES, EeveeError } from '../errors.ts';
import { ignorable } from '../promises.ts';
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

/**
 * Runs one middleware around `run`. Ends when both have ended, even if the middleware does not await `next()`; then the failure of `run` is
 * that of both.
 */
async function around<Scope extends HandlerScope<unknown>>(middleware: Middleware<Scope>, run: Run<Scope>, scope: Scope): Promise<void> {
  let inner: NextPromise | undefined;
  let hasEnded = false;
  let misuse: EeveeError | undefined;
  const next: Next = () => {
    if (inner !== undefined || hasEnded) {
      const problem = hasEnded ? 'after the middleware had ended' : 'twice';
      misuse = new EeveeError(ERROR_CODES.nextMisused, `a middleware of ${scope.handler.name} called next() ${problem}`);
      if (hasEnded) scope.log.error('next() has no effect', { error: misuse });
      return ignorable(Promise.reject(misuse));
    }
    inner = NextPromise.of(() => {
      // A handler must not start after its time.
      if (scope.abortReason !== undefined) throw scope.abortReason;
      return run(scope);
    });
    return inner;
  };
  try {
    const result = middleware(scope, next);
    if (result !== inner) await result;
    if (inner !== undefined && (result === inner || !inner.isOver || !inner.isObserved)) await inner;
  } finally {
    hasEnded = true;
  }
  if (misuse !== undefined) throw misuse;
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
): Run<Scope> => (use ?? []).reduceRight<Run<Scope>>((inner, middleware) => (scope) => around(middleware, inner, scope), run);

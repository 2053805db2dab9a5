/**
 * What a function answered as a promise, or `undefined` when it answered with something else. Never throws: a `then` that throws, when it
 * is read or when it is called, gives a rejected promise.
 *
 * @example
 * const pending = pendingOf(handler(message));
 * if (pending === undefined) done();
 * else pending.then(done, failed);
 */
export function pendingOf(answer: unknown): Promise<unknown> | undefined {
  if ((typeof answer !== 'object' && typeof answer !== 'function') || answer === null) return undefined;
  try {
    // Promises are told apart by their class first: most answers are.
    if (answer instanceof Promise || typeof Reflect.get(answer, 'then') === 'function') return new Promise((resolve) => resolve(answer));
    return undefined;
  } catch (error) {
    return Promise.reject(error instanceof Error ? error : new TypeError('the answer of a handler cannot be read', { cause: error }));
  }
}

/**
 * The same promise, which may be left alone: a rejection that the caller does not handle does not end the process.
 */
export function ignorable<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined);
  return promise;
}

/** The promise of `next()`, which notes whether the middleware looks at it. It may be ignored. */
export class NextPromise extends Promise<void> {
  isObserved = false;
  /** Whether the work has ended. */
  isOver = false;

  // Promises derived from it note nothing.
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /** Follows work that has not ended, or has failed. */
  static of(pending: Promise<unknown>): NextPromise {
    const { promise, resolve, reject } = NextPromise.withResolvers<void>() as { promise: NextPromise } & PromiseWithResolvers<void>;
    pending.then(
      () => {
        promise.isOver = true;
        resolve();
      },
      (error: unknown) => {
        promise.isOver = true;
        reject(error);
        void Promise.prototype.then.call(promise, undefined, () => undefined);
      },
    );
    return promise;
  }

  override then<Done = void, Failed = never>(
    onFulfilled?: ((value: void) => Done | PromiseLike<Done>) | null,
    onRejected?: ((reason: unknown) => Failed | PromiseLike<Failed>) | null,
  ): Promise<Done | Failed> {
    this.isObserved = true;
    return super.then(onFulfilled, onRejected);
  }
}

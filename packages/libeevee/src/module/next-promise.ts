/** The promise of `next()`, which notes whether the middleware looks at it. It may be ignored. */
export class NextPromise extends Promise<void> {
  isObserved = false;

  // Promises derived from it note nothing.
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  static of(inner: Promise<void>): NextPromise {
    const promise = new NextPromise((resolve) => resolve(inner));
    void Promise.prototype.then.call(promise, undefined, () => undefined);
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

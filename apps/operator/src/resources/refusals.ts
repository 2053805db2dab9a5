import { ApiError } from '../controller/errors.ts';

/** Requests of one reconcile that the API server has refused, while the rest of the work continued. */
export class Refusals {
  readonly #signal: AbortSignal;
  #first: ApiError | undefined;

  /** @param signal of the reconcile: once it is aborted, errors are thrown. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** The first refusal; `undefined` if everything was accepted. It must be reported, and the work retried. */
  get first(): ApiError | undefined {
    return this.#first;
  }

  /** Waits for work on which nothing else depends. Resolves to `undefined` if the API server refuses it. */
  async tolerate<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      return await work;
    } catch (error) {
      if (this.#signal.aborted || !(error instanceof ApiError)) throw error;
      this.#first ??= error;
      return undefined;
    }
  }
}

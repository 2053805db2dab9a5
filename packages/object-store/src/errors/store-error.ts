import { STORE_FAILURES, type StoreErrorKind, type StoreExit } from './store-failures.ts';

/** A request to a store failed. The message names the store and the cause; it never holds a credential. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly kind: StoreErrorKind;
  /** How long the store asked not to be sent requests. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: StoreErrorKind, message: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Whether the same request may succeed a little later. */
  get isTransient(): boolean {
    return STORE_FAILURES[this.kind].isTransient;
  }

  /** How a program that this error ends reports it. */
  get exit(): StoreExit {
    return STORE_FAILURES[this.kind].exit;
  }
}

/** Whether the same request may succeed a little later. */
export const isTransient = (error: unknown): error is StoreError => error instanceof StoreError && error.isTransient;

/** Whether the credentials or their rights did not suffice. */
export const isDenied = (error: unknown): error is StoreError => error instanceof StoreError && error.kind === 'denied';

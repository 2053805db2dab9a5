import { STORE_FAILURES, type StoreErrorKind, type StoreExit } from './store-failures.ts';

/** A failed request to a store. The message names the store and the cause and never contains a credential. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly kind: StoreErrorKind;
  /** How long the store asked clients to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: StoreErrorKind, message: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Whether retrying the same request may succeed. */
  get isTransient(): boolean {
    return STORE_FAILURES[this.kind].isTransient;
  }

  /** Exit code name of a program that ends with this error. */
  get exit(): StoreExit {
    return STORE_FAILURES[this.kind].exit;
  }
}

/** Whether retrying the same request may succeed. */
export const isTransient = (error: unknown): error is StoreError => error instanceof StoreError && error.isTransient;

/** Whether the store denied the credentials or lacks a permission for them. */
export const isDenied = (error: unknown): error is StoreError => error instanceof StoreError && error.kind === 'denied';

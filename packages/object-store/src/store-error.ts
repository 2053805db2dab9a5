/**
 * What went wrong between us and a bucket, told apart so that a person knows what to mend.
 *
 * - `address`: the endpoint's name does not resolve
 * - `refused`: nothing listens there
 * - `tls`: the certificate is not trusted, or the endpoint does not speak TLS
 * - `timeout`: no connection or no answer in time
 * - `interrupted`: the connection broke while in use
 * - `server`: the store answered with 5xx or 429, or with an error inside a 200
 * - `clock`: our clock and the store's are too far apart
 * - `denied`: the credentials or their rights do not suffice
 * - `no-such-bucket`, `no-such-key`: there is none
 * - `no-such-upload`: a multipart upload has been completed or aborted
 * - `changed`: the object is no longer the one that was begun with
 * - `rejected`: any other answer of 4xx
 */
export type StoreErrorKind =
  | 'address'
  | 'refused'
  | 'tls'
  | 'timeout'
  | 'interrupted'
  | 'server'
  | 'clock'
  | 'denied'
  | 'no-such-bucket'
  | 'no-such-key'
  | 'no-such-upload'
  | 'changed'
  | 'rejected';

/** A request to a store failed. The message names the store and the cause; it never holds a credential. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly kind: StoreErrorKind;
  /** How long the store asked to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: StoreErrorKind, message: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs;
  }
}

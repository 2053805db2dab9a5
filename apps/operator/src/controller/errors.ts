/** What the API server answered to a request it refused. */
export interface ApiErrorDetails {
  /** HTTP status code. */
  readonly code: number;
  /** `reason` of the answered Status, such as `NotFound` or `Invalid`. */
  readonly reason: string;
  /** When the server asked to be left alone for a while. */
  readonly retryAfterMs?: number | undefined;
  /** Fields that an invalid object is refused for. */
  readonly causes?: readonly FieldCause[] | undefined;
}

/** Why one field of an object is refused. */
export interface FieldCause {
  /** Path of the field, such as `spec.schedule`. */
  readonly field?: string;
  readonly message?: string;
}

/**
 * A request that the API server refused. Its message is the server's, which names the field or the right
 * that is missing.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  readonly reason: string;
  readonly retryAfterMs: number | undefined;
  readonly causes: readonly FieldCause[];

  constructor(message: string, { code, reason, retryAfterMs, causes = [] }: ApiErrorDetails) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
    this.causes = causes;
  }
}

/** No answer came: the connection was refused, broke, or took too long. `cause` has what happened. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

/** Trying again is of little use until something changes: the reconcile is retried after a long time only. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}

/** What is asked for has not been read from the API server yet, so that nothing can be said about it. */
export class NotSyncedError extends Error {
  override readonly name = 'NotSyncedError';
}

/** A reconcile took longer than it may. */
export class ReconcileTimeoutError extends Error {
  override readonly name = 'ReconcileTimeoutError';
}

/** A write was refused here because this process is not, or no longer, the leader. */
export class NotLeaderError extends Error {
  override readonly name = 'NotLeaderError';
}

const hasCode = (error: unknown, code: number): error is ApiError => error instanceof ApiError && error.code === code;

/** The object, or the kind, does not exist. */
export const isNotFound = (error: unknown): error is ApiError => hasCode(error, 404);

/** Somebody else changed the object first, or an object of the name exists. */
export const isConflict = (error: unknown): error is ApiError => hasCode(error, 409);

/** The rights that the request needs are missing, or a quota or an admission rule forbids it. */
export const isForbidden = (error: unknown): error is ApiError => hasCode(error, 403);

/** The object is refused as it is: the same request will be refused again. */
export const isInvalid = (error: unknown): error is ApiError => hasCode(error, 422) || hasCode(error, 400);

/** The resourceVersion or the continue token is no longer known: list anew. */
export const isGone = (error: unknown): error is ApiError =>
  hasCode(error, 410) || (error instanceof ApiError && (error.reason === 'Expired' || error.reason === 'Gone'));

/** An error's message with those of its causes, for a log line. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${errorText(error.cause)}`;
}

/** Response of the API server to a request that it refused. */
export interface ApiErrorDetails {
  /** HTTP status code. */
  readonly code: number;
  /** `reason` of the Status in the response, such as `NotFound` or `Invalid`. */
  readonly reason: string;
  /** Set when the server asked for a delay before the next request. */
  readonly retryAfterMs?: number | undefined;
  /** Fields because of which an object is invalid. */
  readonly causes?: readonly FieldCause[] | undefined;
}

/** Why a field of an object is refused. */
export interface FieldCause {
  /** Path of the field, such as `spec.schedule`. */
  readonly field?: string;
  /** Such as `FieldValueInvalid`, or `NamespaceTerminating`. */
  readonly reason?: string;
  readonly message?: string;
}

/**
 * A request that the API server refused. The message is the server's, which names the field or the missing
 * permission.
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

/** No response: the connection was refused, broke, or timed out. `cause` has the details. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

/** A request that was not sent, or without a response at once, while too many like it wait for responses. The message says which. */
export class GivenUpError extends Error {
  override readonly name = 'GivenUpError';
}

/** The requested objects have not been listed from the API server yet, so their state is unknown. */
export class NotSyncedError extends Error {
  override readonly name = 'NotSyncedError';
}

/** A reconcile exceeded its timeout. */
export class ReconcileTimeoutError extends Error {
  override readonly name = 'ReconcileTimeoutError';
}

/** This process refused a write because it is not, or no longer, the leader. */
export class NotLeaderError extends Error {
  override readonly name = 'NotLeaderError';
}

/** Errors that only a mistake in the code causes. */
const BUGS = [TypeError, RangeError, ReferenceError, SyntaxError, EvalError, URIError];

/** Whether an error, or one of those that it collects, comes from a mistake in the code and not from the cluster. */
export function isBug(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some((each) => isBug(each) || (each instanceof Error && isBug(each.cause)));
  return BUGS.some((type) => error instanceof type);
}

const hasCode = (error: unknown, code: number): error is ApiError => error instanceof ApiError && error.code === code;

/** The object or its kind does not exist. */
export const isNotFound = (error: unknown): error is ApiError => hasCode(error, 404);

/** For `catch` where an object that is gone is as good as one that was changed. @throws any other error. */
export function unlessGone(error: unknown): void {
  if (!isNotFound(error)) throw error;
}

/**
 * Another client changed the object first, or an object of that name already exists. Creations also conflict if another API server updates a
 * ResourceQuota at the same time.
 */
export const isConflict = (error: unknown): error is ApiError => hasCode(error, 409);

/** An object of that name already exists. */
export const isAlreadyExists = (error: unknown): error is ApiError => isConflict(error) && error.reason === 'AlreadyExists';

/** Permissions are missing, or a quota or an admission rule forbids the request. */
export const isForbidden = (error: unknown): error is ApiError => hasCode(error, 403);

/** The namespace is being deleted, so nothing can be created in it any more; objects in it can still be changed. */
export const isInEndingNamespace = (error: unknown): error is ApiError =>
  isForbidden(error) && error.causes.some(({ reason }) => reason === 'NamespaceTerminating');

/** Whether an error, or each of those that it collects or that caused it, is of a kind. */
function isOnly(error: unknown, isOfKind: (error: unknown) => boolean): boolean {
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every((each) => isOnly(each, isOfKind));
  return isOfKind(error) || (error instanceof Error && isOfKind(error.cause));
}

/** Whether an error, or each of those that it collects or that caused it, is only that the namespace is being deleted. */
export const isOnlyEndingNamespace = (error: unknown): boolean => isOnly(error, isInEndingNamespace);

/**
 * Whether an error, or each of those that it collects or that caused it, may be only that an object was changed or deleted a moment ago. An
 * object of that name that belongs to another client is more than that.
 */
export const isOnlyOutdated = (error: unknown): boolean =>
  isOnly(error, (each) => isNotFound(each) || (isConflict(each) && each.reason === 'Conflict'));

/** Whether an error, or each of those that it collects or that caused it, is a missing response. */
export const isOnlyUnanswered = (error: unknown): boolean => isOnly(error, (each) => each instanceof ConnectionError);

/** The longest delay, in milliseconds, that the API server asks for in an error, or in those that it collects or that caused it; 0 without one. */
export function requestedDelayMs(error: unknown): number {
  if (error instanceof ApiError) return error.retryAfterMs ?? 0;
  if (error instanceof AggregateError) return Math.max(0, ...error.errors.map(requestedDelayMs));
  return error instanceof Error && error.cause !== undefined ? requestedDelayMs(error.cause) : 0;
}

/** The object is invalid: the same request will be refused again. */
export const isInvalid = (error: unknown): error is ApiError => hasCode(error, 422) || hasCode(error, 400);

/** Codes below 500 with which the API server asks to try again. It answers with 500 and above while it starts, ends, or has no etcd. */
const AGAIN: ReadonlySet<number> = new Set([408, 409, 429]);

/** Whether the request may succeed without a change of the cluster, if it is sent again. */
export const isTemporary = ({ code, retryAfterMs }: ApiError): boolean => AGAIN.has(code) || code >= 500 || retryAfterMs !== undefined;

/** The resourceVersion or the continue token has expired: relist. */
export const isGone = (error: unknown): error is ApiError =>
  hasCode(error, 410) || (error instanceof ApiError && (error.reason === 'Expired' || error.reason === 'Gone'));

/** `reason` of the error with which the operator leaves an object to another client for a while. No API server uses it. */
export const CONTESTED = 'Contested';

/** Message of a status while a change is rejected and retried. */
export const refusedChangeText = ({ message, reason }: Pick<ApiError, 'message' | 'reason'>): string =>
  reason === CONTESTED ? message : `the API server rejects the change; retrying: ${message}`;

/** An error's message with those of its causes, for a log line. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${errorText(error.cause)}`;
}

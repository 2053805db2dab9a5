/**
 * Store errors. An error of the S3 client or of Node goes through {@link storeFailure}, which looks up its kind in the table
 * `store-failures.ts` and returns a StoreError; `retry.ts` retries transient kinds.
 */
import { defined } from '@eeveebot/contract';
import { UnexpectedAnswer } from './unexpected-answer.ts';
import type { StoreLocation } from '../store-location.ts';
import { StoreError } from './store-error.ts';
import { kindOfCode, kindOfStatus, STORE_FAILURES, type StoreErrorKind } from './store-failures.ts';

/** The fields read from errors of the S3 client and of Node. */
interface RawFailure {
  readonly name?: string;
  readonly code?: string;
  readonly Code?: string;
  /** Region of the bucket, in errors about regions. */
  readonly Region?: string;
  /** Address to use instead, in redirects. */
  readonly Endpoint?: string;
  readonly message?: string;
  readonly hostname?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly statusCode?: number; readonly headers?: Readonly<Record<string, string>> };
  readonly cause?: unknown;
}

/** The operation that failed. */
export interface Attempted {
  /** For the message, such as `uploading a/b.tar.gz`. */
  readonly doing: string;
  /** The permission that it needs, such as `s3:PutObject`. */
  readonly right?: string;
}

/** Text from the store is truncated to this many characters in messages. */
const LONGEST_DETAIL = 500;

/** Addresses from the store, too. */
const LONGEST_ADDRESS = 200;

/** Name of the store in messages. */
export const storeName = ({ endpoint, bucket }: Pick<StoreLocation, 'endpoint' | 'bucket'>): string => `${endpoint} (bucket ${bucket})`;

/** Maps an error to a StoreError. Uses only codes and statuses, never message text. */
export function storeFailure(error: unknown, location: StoreLocation, { doing, right }: Attempted): StoreError {
  if (error instanceof StoreError) return error;
  const failure = innermostError(error);
  const status = statusOf(failure);
  const code = failure.Code ?? failure.code ?? failure.name ?? '';
  const kind = error instanceof UnexpectedAnswer ? error.kind : kindOf(failure, code, status);
  const name = kindOfCode(code) === undefined && failure.code === undefined ? failure.name : code;
  const answer = joined([status, error instanceof UnexpectedAnswer ? '' : name], ' ');
  const detail = joined([answer, failure.message?.slice(0, LONGEST_DETAIL)], ': ');
  const retryAfterMs = retryAfter(failure.$response?.headers);
  const meaning = `${STORE_FAILURES[kind].message.replace('$', storeName(location))}${advice(kind, { failure, location, right })}`;
  return new StoreError(kind, `${doing}: ${meaning}${detail === '' ? '' : ` (${detail})`}`, {
    cause: error,
    ...defined({ retryAfterMs }),
  });
}

const joined = (parts: readonly (string | number | undefined)[], separator: string): string =>
  parts.filter((part) => part !== undefined && part !== '').join(separator);

const statusOf = ({ $metadata, $response }: RawFailure): number | undefined => $metadata?.httpStatusCode ?? $response?.statusCode;

/** The detail that a single failure adds to the message of its kind. */
function advice(
  kind: StoreErrorKind,
  { failure, location, right }: { readonly failure: RawFailure; readonly location: StoreLocation; readonly right: string | undefined },
): string {
  if (kind === 'denied' && right !== undefined) return ` (${right} is required)`;
  if (kind === 'redirect') {
    const address = failure.Endpoint ?? originOf(failure.$response?.headers?.['location']);
    return address === undefined ? '' : `; the address is ${address.slice(0, LONGEST_ADDRESS)}`;
  }
  if (kind !== 'region') return '';
  const region = regionOf(failure);
  return region === undefined ? `; it is ${location.region} now` : ` from ${location.region} to ${region}`;
}

const regionOf = (failure: RawFailure): string | undefined => failure.Region ?? failure.$response?.headers?.['x-amz-bucket-region'];

/** Without the path and the query, which may contain a signature. */
const originOf = (url: string | undefined): string | undefined => (url === undefined ? undefined : URL.parse(url)?.origin);

/**
 * The `Retry-After` of a response in milliseconds: seconds, or a date, which is compared with the response's own date because the local
 * clock may differ.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 */
function retryAfter(headers: Readonly<Record<string, string>> = {}): number | undefined {
  const given = headers['retry-after']?.trim();
  if (given === undefined || given === '') return undefined;
  const ms = /^\d+$/.test(given) ? Number(given) * 1000 : Date.parse(given) - Date.parse(headers['date'] ?? '');
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

/** Node wraps the errors of several attempted addresses in one AggregateError. */
function innermostError(error: unknown): RawFailure {
  if (error instanceof AggregateError && error.errors.length > 0) return innermostError(error.errors[0]);
  return typeof error === 'object' && error !== null ? error : { message: String(error) };
}

function kindOf(failure: RawFailure, code: string, status: number | undefined): StoreErrorKind {
  const known = kindOfCode(code);
  if (known === 'region' && isRedirect(status) && regionOf(failure) === undefined) return 'redirect';
  if (known !== undefined) return known;
  if (failure.name === 'TimeoutError') return 'timeout';
  if (status !== undefined) return isRedirect(status) && regionOf(failure) === undefined ? 'redirect' : kindOfStatus(status);
  if (failure.cause !== undefined) return kindOf(innermostError(failure.cause), innermostError(failure.cause).code ?? '', undefined);
  // Errors of connections have a code; the client's own errors about its settings have none.
  return failure.code === undefined ? 'request' : 'interrupted';
}

const isRedirect = (status: number | undefined): boolean => status !== undefined && status >= 300 && status < 400;

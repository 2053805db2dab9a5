import type { StoreLocation } from './store-location.ts';
import { StoreError, type StoreErrorKind } from './store-error.ts';

/** What the S3 client and Node throw, as far as it is read here. */
interface RawFailure {
  readonly name?: string;
  readonly code?: string;
  readonly Code?: string;
  readonly message?: string;
  readonly hostname?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly statusCode?: number; readonly headers?: Readonly<Record<string, string>> };
  readonly cause?: unknown;
}

/** Codes of S3 errors. Stores differ in which of some near-equal ones they answer. */
const S3_CODES: Readonly<Record<string, StoreErrorKind>> = {
  NoSuchBucket: 'no-such-bucket',
  NoSuchKey: 'no-such-key',
  NoSuchUpload: 'no-such-upload',
  PreconditionFailed: 'changed',
  RequestTimeTooSkewed: 'clock',
  RequestExpired: 'clock',
  AccessDenied: 'denied',
  AllAccessDisabled: 'denied',
  AccountProblem: 'denied',
  InvalidAccessKeyId: 'denied',
  SignatureDoesNotMatch: 'denied',
  InvalidToken: 'denied',
  ExpiredToken: 'denied',
  InternalError: 'server',
  ServiceUnavailable: 'server',
  SlowDown: 'server',
  Busy: 'server',
  RequestTimeout: 'server',
  OperationAborted: 'server',
  BadDigest: 'server',
  IncompleteBody: 'server',
};

const NODE_CODES: Readonly<Record<string, StoreErrorKind>> = {
  ENOTFOUND: 'address',
  EAI_AGAIN: 'address',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  ETIMEDOUT: 'timeout',
  ECONNRESET: 'interrupted',
  EPIPE: 'interrupted',
  ERR_STREAM_PREMATURE_CLOSE: 'interrupted',
  HPE_INVALID_CONSTANT: 'tls',
  EPROTO: 'tls',
};

/** What is wrong, for a person; `$` stands for the store. */
const WORDS: Readonly<Record<StoreErrorKind, string>> = {
  address:
    'the host name of $ does not resolve: check the endpoint, and for a name that begins with the bucket set pathStyle (S3_PATH_STYLE=true)',
  refused: 'nothing answers at $: check the endpoint and its port',
  tls: 'no secure connection to $: its certificate is not trusted or it does not speak TLS; give its authority (caBundle, S3_CA_FILE) or check http/https in the endpoint',
  timeout: '$ did not answer in time',
  interrupted: 'the connection to $ broke',
  server: '$ answered with an error of its own',
  clock: "$ refused the request because its clock and this machine's are too far apart: set the clocks",
  denied: '$ refused the credentials or has not granted them the right: check the access key, the secret key and the rights on the bucket',
  'no-such-bucket':
    'there is no such bucket at $: create it or correct its name; a store that is no AWS mostly wants pathStyle (S3_PATH_STYLE=true)',
  'no-such-key': 'there is no such object at $',
  'no-such-upload': 'the upload is not known at $ any more',
  changed: 'the object at $ was replaced while it was read',
  rejected: '$ refused the request',
};

/** Kinds that another attempt may mend. */
const TRANSIENT: ReadonlySet<StoreErrorKind> = new Set(['address', 'refused', 'timeout', 'interrupted', 'server', 'clock']);

/** Whether the same request may succeed a little later. */
export const isTransient = (error: unknown): error is StoreError => error instanceof StoreError && TRANSIENT.has(error.kind);

/**
 * Tells apart why a request failed, by codes and statuses alone.
 *
 * @param doing what was being done, for the message: `uploading a/b.tar.gz`.
 */
export function storeFailure(error: unknown, location: StoreLocation, doing: string): StoreError {
  if (error instanceof StoreError) return error;
  const failure = rootOf(error);
  const status = failure.$metadata?.httpStatusCode ?? failure.$response?.statusCode;
  const code = failure.Code ?? failure.code ?? failure.name ?? '';
  const kind = kindOf(failure, code, status);
  const store = `${location.endpoint} (bucket ${location.bucket})`;
  const answer = [status, S3_CODES[code] === undefined && failure.code === undefined ? failure.name : code].filter(
    (part) => part !== undefined && part !== '',
  );
  const detail = [answer.join(' '), failure.message].filter((part) => part !== undefined && part !== '').join(': ');
  const retryAfterMs = retryAfter(failure.$response?.headers);
  return new StoreError(kind, `${doing}: ${WORDS[kind].replace('$', store)}${detail === '' ? '' : ` (${detail})`}`, {
    cause: error,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/**
 * Milliseconds that an answer asks to be waited: given as seconds, or as a date, which is compared with the answer's own
 * since our clock may be another.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 */
function retryAfter(headers: Readonly<Record<string, string>> = {}): number | undefined {
  const given = headers['retry-after']?.trim();
  if (given === undefined || given === '') return undefined;
  const ms = /^\d+$/.test(given) ? Number(given) * 1000 : Date.parse(given) - Date.parse(headers['date'] ?? '');
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

/** Node tells of several addresses that it tried with one error around them all. */
function rootOf(error: unknown): RawFailure {
  if (error instanceof AggregateError && error.errors.length > 0) return rootOf(error.errors[0]);
  return typeof error === 'object' && error !== null ? error : { message: String(error) };
}

function kindOf(failure: RawFailure, code: string, status: number | undefined): StoreErrorKind {
  const known = S3_CODES[code] ?? NODE_CODES[code];
  if (known !== undefined) return known;
  if (isTlsCode(code)) return 'tls';
  if (failure.name === 'TimeoutError') return 'timeout';
  if (status === undefined)
    return failure.cause === undefined ? 'interrupted' : kindOf(rootOf(failure.cause), rootOf(failure.cause).code ?? '', undefined);
  if (status >= 500 || status === 429 || status === 408 || status < 300) return 'server';
  // An answer to HEAD has no body, and so no code.
  if (status === 403 || status === 401) return 'denied';
  if (status === 404) return 'no-such-key';
  return status === 412 ? 'changed' : 'rejected';
}

/** Codes of OpenSSL's certificate checks, and of Node's TLS. */
const isTlsCode = (code: string): boolean =>
  code.startsWith('ERR_TLS') ||
  code.startsWith('ERR_SSL') ||
  code.startsWith('CERT_') ||
  code.includes('_CERT') ||
  code === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE';

import type { BACKUP_EXIT_CODES } from '@eeveebot/contract';

/** Exit code name of a program that ends with a store error. */
export type StoreExit = Extract<
  keyof typeof BACKUP_EXIT_CODES,
  'failed' | 'usage' | 'integrity' | 'noSuchBackup' | 'io' | 'unreachable' | 'denied'
>;

/** The properties of a kind of store error. */
interface StoreFailure {
  /** The problem and how to fix it; `$` is replaced by the name of the store. */
  readonly message: string;
  /** Whether retrying the same request may succeed. */
  readonly isTransient: boolean;
  readonly exit: StoreExit;
  /** Codes in S3 error responses. Stores use different codes for the same problem. */
  readonly s3Codes?: readonly string[];
  /** HTTP statuses of responses without a known code; responses to HEAD have no body. */
  readonly statuses?: readonly number[];
  /** Codes of Node's errors. */
  readonly nodeCodes?: readonly string[];
}

const transient = (message: string, more: Partial<StoreFailure> = {}): StoreFailure => ({
  message,
  isTransient: true,
  exit: 'unreachable',
  ...more,
});

const lasting = (exit: StoreExit, message: string, more: Partial<StoreFailure> = {}): StoreFailure => ({
  message,
  isTransient: false,
  exit,
  ...more,
});

/**
 * The only table of store errors: add a new code, status or kind here and nowhere else.
 *
 * - `address`: the host name of the endpoint does not resolve
 * - `refused`: nothing listens at the endpoint
 * - `proxy`: the proxy refused the connection
 * - `tls`: the certificate is not trusted, or the endpoint does not use TLS
 * - `timeout`: no connection or no response in time
 * - `interrupted`: the connection was lost during a request
 * - `server`: the store returned 5xx or 429, or an error with status 200
 * - `clock`: the clocks of this machine and of the store differ too much
 * - `not-s3`: the endpoint responds, but is not an S3 server
 * - `region`: requests are signed for a region other than the bucket's
 * - `redirect`: the endpoint redirects requests elsewhere
 * - `request`: the S3 client rejects a request because of a setting, before it is sent
 * - `header`: the request cannot be sent because a setting is not valid in a header
 * - `denied`: the credentials are wrong or lack a permission
 * - `full`: the bucket, the account or the store is full
 * - `no-such-bucket`, `no-such-key`: the bucket or object does not exist
 * - `no-such-upload`: the multipart upload was already completed or aborted
 * - `archived`: the object is in a storage class that must be restored before it can be read
 * - `changed`: the object was replaced during the download
 * - `unsupported`: the store does not support the operation
 * - `rejected`: any other 4xx response
 */
export const STORE_FAILURES = {
  address: transient(
    'the host name of $ does not resolve: check the endpoint; if the host name starts with the bucket, set pathStyle (S3_PATH_STYLE=true)',
    { nodeCodes: ['ENOTFOUND', 'EAI_AGAIN'] },
  ),
  refused: transient('no connection to $: check the host and port of the endpoint', {
    nodeCodes: ['ECONNREFUSED', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN'],
  }),
  proxy: transient('the proxy refused the connection to $: check HTTPS_PROXY, HTTP_PROXY and NO_PROXY', {
    statuses: [407],
    nodeCodes: ['ERR_PROXY_TUNNEL'],
  }),
  tls: lasting(
    'usage',
    'no secure connection to $: its certificate is not trusted or it does not use TLS; set its certificate authority (caBundle, S3_CA_FILE) or check http/https in the endpoint',
    { nodeCodes: ['HPE_INVALID_CONSTANT', 'EPROTO'] },
  ),
  timeout: transient('$ did not respond in time', { nodeCodes: ['ETIMEDOUT'] }),
  interrupted: transient('the connection to $ was lost', { nodeCodes: ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'] }),
  server: transient('$ reported a server error', {
    s3Codes: [
      ...['InternalError', 'ServiceUnavailable', 'SlowDown', 'SlowDownRead', 'SlowDownWrite', 'Busy', 'TooManyRequests'],
      ...['RequestTimeout', 'OperationAborted', 'BadDigest', 'IncompleteBody', 'XAmzContentSHA256Mismatch'],
    ],
    statuses: [408, 425, 429],
  }),
  clock: transient("$ rejected the request because its clock and this machine's differ too much: synchronize the clocks", {
    s3Codes: ['RequestTimeTooSkewed', 'RequestExpired'],
  }),
  'not-s3': lasting('usage', '$ is not an S3 server: check scheme, host, port and path of the endpoint, and pathStyle'),
  region: lasting('usage', 'requests to $ are signed for a region other than that of the bucket: correct region (S3_REGION)', {
    s3Codes: [
      ...['AuthorizationHeaderMalformed', 'AuthorizationQueryParametersError', 'PermanentRedirect', 'TemporaryRedirect', 'Redirect'],
      ...['IllegalLocationConstraintException', 'IncorrectEndpoint', 'InvalidRegion'],
    ],
    statuses: [301, 307, 308],
  }),
  // Only a response without a region means that the endpoint is wrong; see `failure.ts`.
  redirect: lasting(
    'usage',
    '$ redirects requests to another address, which a signed request cannot follow: set the endpoint (S3_ENDPOINT) to it, or correct region (S3_REGION)',
  ),
  request: lasting('usage', 'no request can be sent to $ with these settings: correct the endpoint, bucket or region'),
  header: lasting(
    'usage',
    'no request can be sent to $: the access key id or the region contains a character that is not valid in a header, such as a line break',
    { nodeCodes: ['ERR_INVALID_CHAR'] },
  ),
  denied: lasting('denied', '$ denied access: check the access key, the secret key and their permissions on the bucket', {
    s3Codes: [
      ...['AccessDenied', 'Forbidden', 'Unauthorized', 'AllAccessDisabled', 'AccountProblem', 'NotSignedUp', 'InvalidPayer'],
      ...['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'InvalidSecurity', 'InvalidToken', 'ExpiredToken', 'TokenRefreshRequired'],
      'ObjectLocked',
    ],
    statuses: [401, 403],
  }),
  full: lasting('io', '$ is full: its disk is full or a quota is exhausted; free space, raise the quota or keep fewer backups', {
    s3Codes: [
      ...['QuotaExceeded', 'QuotaExceed', 'BucketQuotaExceeded', 'XMinioStorageFull', 'XMinioAdminBucketQuotaExceeded', 'StorageFull'],
      ...['StorageCapExceeded', 'storage_cap_exceeded', 'cap_exceeded', 'CapExceeded', 'InsufficientStorage', 'InsufficientCapacity'],
      ...['EntityTooLarge', 'ServiceQuotaExceededException', 'LimitExceeded'],
    ],
    statuses: [413, 507],
  }),
  'no-such-bucket': lasting(
    'usage',
    'the bucket does not exist at $: create it or correct its name; stores other than AWS often need pathStyle (S3_PATH_STYLE=true)',
    { s3Codes: ['NoSuchBucket', 'InvalidBucketName'] },
  ),
  'no-such-key': lasting('noSuchBackup', 'the object does not exist at $', { s3Codes: ['NoSuchKey'], statuses: [404] }),
  'no-such-upload': lasting('failed', 'the multipart upload no longer exists at $', { s3Codes: ['NoSuchUpload'] }),
  archived: lasting(
    'failed',
    'the object at $ is in an archive storage class such as Glacier: restore it to a readable class, and exclude backups from lifecycle rules',
    { s3Codes: ['InvalidObjectState'] },
  ),
  changed: lasting('failed', 'the object at $ was replaced during the download', { s3Codes: ['PreconditionFailed'], statuses: [412] }),
  unsupported: lasting('failed', '$ does not support this operation', {
    s3Codes: ['NotImplemented', 'MethodNotAllowed', 'UnsupportedOperation', 'XNotImplemented'],
    statuses: [405, 501],
  }),
  rejected: lasting('failed', '$ rejected the request'),
} as const satisfies Readonly<Record<string, StoreFailure>>;

/** Kinds of store errors; see {@link STORE_FAILURES}. */
export type StoreErrorKind = keyof typeof STORE_FAILURES;

const FAILURES: Readonly<Record<StoreErrorKind, StoreFailure>> = STORE_FAILURES;

const kindBy = <Value>(values: (failure: StoreFailure) => readonly Value[] | undefined): ReadonlyMap<Value, StoreErrorKind> =>
  new Map(
    (Object.keys(FAILURES) as StoreErrorKind[]).flatMap((kind) =>
      (values(FAILURES[kind]) ?? []).map((value): [Value, StoreErrorKind] => [value, kind]),
    ),
  );

const S3_KINDS = kindBy(({ s3Codes }) => s3Codes);
const STATUS_KINDS = kindBy(({ statuses }) => statuses);
const NODE_KINDS = kindBy(({ nodeCodes }) => nodeCodes);

/** Error codes of OpenSSL's certificate checks and of Node's TLS. */
const isTlsCode = (code: string): boolean =>
  code.startsWith('ERR_TLS') ||
  code.startsWith('ERR_SSL') ||
  code.startsWith('CERT_') ||
  code.includes('_CERT') ||
  code === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE';

/** Error kind for a code in an S3 response or of a Node error. */
export const kindOfCode = (code: string): StoreErrorKind | undefined =>
  S3_KINDS.get(code) ?? NODE_KINDS.get(code) ?? (isTlsCode(code) ? 'tls' : undefined);

/** Error kind for a response without a known code. An error with status 200 counts as a server error. */
export const kindOfStatus = (status: number): StoreErrorKind =>
  STATUS_KINDS.get(status) ?? (status >= 500 || status < 300 ? 'server' : 'rejected');

import type { BACKUP_EXIT_CODES } from '@eeveebot/contract';

/** Outcome of a program that a store error ends, as its exit code reports it. */
export type StoreExit = Extract<
  keyof typeof BACKUP_EXIT_CODES,
  'failed' | 'usage' | 'integrity' | 'noSuchBackup' | 'io' | 'unreachable' | 'denied'
>;

/** Everything that follows from a kind of store error. */
interface StoreFailure {
  /** What is wrong and how to fix it; `$` stands for the store. */
  readonly message: string;
  /** Whether the same request may succeed a little later. */
  readonly isTransient: boolean;
  readonly exit: StoreExit;
  /** Codes of S3 error answers. Stores differ in which of several similar ones they use. */
  readonly s3Codes?: readonly string[];
  /** HTTP statuses of answers without one of these codes: answers to HEAD have no body. */
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
 * The one table of store errors: a new code, status or kind is added here and nowhere else.
 *
 * - `address`: the host name of the endpoint does not resolve
 * - `refused`: nothing listens there
 * - `proxy`: the proxy on the way refused
 * - `tls`: the certificate is not trusted, or the endpoint does not speak TLS
 * - `timeout`: no connection or no answer in time
 * - `interrupted`: the connection broke while in use
 * - `server`: the store answered with 5xx or 429, or with an error inside a 200
 * - `clock`: the clocks of this machine and of the store are too far apart
 * - `not-s3`: something answers, but not with the answers of S3
 * - `region`: requests are signed for another region than the bucket's
 * - `header`: the request cannot be sent, since a setting is not valid in a header
 * - `denied`: the credentials or their rights do not suffice
 * - `full`: the bucket, the account or the store has no room left
 * - `no-such-bucket`, `no-such-key`: there is none
 * - `no-such-upload`: a multipart upload has been completed or aborted
 * - `archived`: the object is in a storage class that must be restored before it can be read
 * - `changed`: the object was replaced while it was read
 * - `unsupported`: the store does not offer the operation
 * - `rejected`: any other 4xx answer
 */
export const STORE_FAILURES = {
  address: transient(
    'the host name of $ does not resolve: check the endpoint, and for a name that begins with the bucket set pathStyle (S3_PATH_STYLE=true)',
    { nodeCodes: ['ENOTFOUND', 'EAI_AGAIN'] },
  ),
  refused: transient('nothing answers at $: check the endpoint and its port', {
    nodeCodes: ['ECONNREFUSED', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN'],
  }),
  proxy: transient('the proxy on the way to $ refused the connection: check HTTPS_PROXY, HTTP_PROXY and NO_PROXY', {
    statuses: [407],
    nodeCodes: ['ERR_PROXY_TUNNEL'],
  }),
  tls: lasting(
    'usage',
    'no secure connection to $: its certificate is not trusted or it does not speak TLS; give its authority (caBundle, S3_CA_FILE) or check http/https in the endpoint',
    { nodeCodes: ['HPE_INVALID_CONSTANT', 'EPROTO'] },
  ),
  timeout: transient('$ did not answer in time', { nodeCodes: ['ETIMEDOUT'] }),
  interrupted: transient('the connection to $ broke', { nodeCodes: ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'] }),
  server: transient('$ answered with an error of its own', {
    s3Codes: [
      ...['InternalError', 'ServiceUnavailable', 'SlowDown', 'SlowDownRead', 'SlowDownWrite', 'Busy', 'TooManyRequests'],
      ...['RequestTimeout', 'OperationAborted', 'BadDigest', 'IncompleteBody', 'XAmzContentSHA256Mismatch'],
    ],
    statuses: [408, 425, 429],
  }),
  clock: transient("$ refused the request because its clock and this machine's are too far apart: set the clocks", {
    s3Codes: ['RequestTimeTooSkewed', 'RequestExpired'],
  }),
  'not-s3': lasting('usage', '$ answers, but not as an S3 server does: check scheme, host, port and path of the endpoint, and pathStyle'),
  region: lasting('usage', 'requests to $ are signed for another region than that of the bucket: correct region (S3_REGION)', {
    s3Codes: [
      ...['AuthorizationHeaderMalformed', 'AuthorizationQueryParametersError', 'PermanentRedirect', 'TemporaryRedirect', 'Redirect'],
      ...['IllegalLocationConstraintException', 'IncorrectEndpoint', 'InvalidRegion'],
    ],
    statuses: [301, 307, 308],
  }),
  header: lasting(
    'usage',
    'no request can be sent to $: the access key id or the region holds a character that is not valid in a header, such as a line break',
    { nodeCodes: ['ERR_INVALID_CHAR'] },
  ),
  denied: lasting(
    'denied',
    '$ refused the credentials or has not granted them the right: check the access key, the secret key and the rights on the bucket',
    {
      s3Codes: [
        ...['AccessDenied', 'Forbidden', 'Unauthorized', 'AllAccessDisabled', 'AccountProblem', 'NotSignedUp', 'InvalidPayer'],
        ...['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'InvalidSecurity', 'InvalidToken', 'ExpiredToken', 'TokenRefreshRequired'],
        'ObjectLocked',
      ],
      statuses: [401, 403],
    },
  ),
  full: lasting('io', '$ has no room left: its disk is full or a quota is used up; make room, raise the quota or keep fewer backups', {
    s3Codes: [
      ...['QuotaExceeded', 'QuotaExceed', 'BucketQuotaExceeded', 'XMinioStorageFull', 'XMinioAdminBucketQuotaExceeded', 'StorageFull'],
      ...['StorageCapExceeded', 'storage_cap_exceeded', 'cap_exceeded', 'CapExceeded', 'InsufficientStorage', 'InsufficientCapacity'],
      ...['EntityTooLarge', 'ServiceQuotaExceededException', 'LimitExceeded'],
    ],
    statuses: [413, 507],
  }),
  'no-such-bucket': lasting(
    'usage',
    'there is no such bucket at $: create it or correct its name; a store other than AWS often needs pathStyle (S3_PATH_STYLE=true)',
    { s3Codes: ['NoSuchBucket', 'InvalidBucketName'] },
  ),
  'no-such-key': lasting('noSuchBackup', 'there is no such object at $', { s3Codes: ['NoSuchKey'], statuses: [404] }),
  'no-such-upload': lasting('failed', 'the upload is not known at $ any more', { s3Codes: ['NoSuchUpload'] }),
  archived: lasting(
    'failed',
    'the object at $ is in a storage class for archiving, such as Glacier: restore it to a readable class, and keep lifecycle rules from moving backups',
    { s3Codes: ['InvalidObjectState'] },
  ),
  changed: lasting('failed', 'the object at $ was replaced while it was read', { s3Codes: ['PreconditionFailed'], statuses: [412] }),
  unsupported: lasting('failed', '$ does not offer this operation', {
    s3Codes: ['NotImplemented', 'MethodNotAllowed', 'UnsupportedOperation', 'XNotImplemented'],
    statuses: [405, 501],
  }),
  rejected: lasting('failed', '$ refused the request'),
} as const satisfies Readonly<Record<string, StoreFailure>>;

/** What went wrong between this process and a bucket: see {@link STORE_FAILURES}. */
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

/** Codes of OpenSSL's certificate checks, and of Node's TLS. */
const isTlsCode = (code: string): boolean =>
  code.startsWith('ERR_TLS') ||
  code.startsWith('ERR_SSL') ||
  code.startsWith('CERT_') ||
  code.includes('_CERT') ||
  code === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE';

/** Kind that the code of an S3 answer or of a Node error stands for. */
export const kindOfCode = (code: string): StoreErrorKind | undefined =>
  S3_KINDS.get(code) ?? NODE_KINDS.get(code) ?? (isTlsCode(code) ? 'tls' : undefined);

/** Kind of an answer whose code is unknown. An error inside a 200 is the store's own. */
export const kindOfStatus = (status: number): StoreErrorKind =>
  STATUS_KINDS.get(status) ?? (status >= 500 || status < 300 ? 'server' : 'rejected');

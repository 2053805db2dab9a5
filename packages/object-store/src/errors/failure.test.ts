import { describe, expect, it } from 'vitest';
import { storeFailure } from './failure.ts';
import { StoreError } from './store-error.ts';
import type { StoreErrorKind } from './store-failures.ts';

const location = {
  endpoint: 'http://store.example:9000',
  bucket: 'backups',
  region: 'us-east-1',
  pathStyle: true,
  signatureV2: false,
  credentials: { accessKeyId: 'AKEXAMPLE', secretAccessKey: 'very-secret' },
};

const kindOf = (error: unknown): StoreErrorKind => storeFailure(error, location, { doing: 'reading a' }).kind;

/** Error of the S3 client for a response. */
const answer = (httpStatusCode: number, name = 'Unknown', headers: Readonly<Record<string, string>> = {}) =>
  Object.assign(new Error('said the store'), { name, $metadata: { httpStatusCode }, $response: { statusCode: httpStatusCode, headers } });

const nodeError = (code: string) => Object.assign(new Error(`connect ${code}`), { code });

describe('a store failure', () => {
  it.each<[string, unknown, StoreErrorKind]>([
    ['an unknown host name', nodeError('ENOTFOUND'), 'address'],
    ['a closed port', nodeError('ECONNREFUSED'), 'refused'],
    ['several addresses, all closed', new AggregateError([nodeError('ECONNREFUSED'), nodeError('ECONNREFUSED')]), 'refused'],
    ['a reset connection', nodeError('ECONNRESET'), 'interrupted'],
    ['an error with a known cause', Object.assign(new Error('wrapped'), { cause: nodeError('EAI_AGAIN') }), 'address'],
    ['a self-signed certificate', nodeError('SELF_SIGNED_CERT_IN_CHAIN'), 'tls'],
    ['a certificate of another host', nodeError('ERR_TLS_CERT_ALTNAME_INVALID'), 'tls'],
    ['an expired certificate', nodeError('CERT_HAS_EXPIRED'), 'tls'],
    ['a timeout', Object.assign(new Error('timed out'), { name: 'TimeoutError' }), 'timeout'],
    ['500', answer(500), 'server'],
    ['503 with an unknown code', answer(503, 'XMinioServerNotInitialized'), 'server'],
    ['429', answer(429), 'server'],
    ['an error with status 200', answer(200, 'InternalError'), 'server'],
    ['an unknown error with status 200', answer(200, 'SomeError'), 'server'],
    ['403 without a body', answer(403, '403'), 'denied'],
    ['an unknown access key', answer(403, 'InvalidAccessKeyId'), 'denied'],
    ['clock skew with status 403', answer(403, 'RequestTimeTooSkewed'), 'clock'],
    ['404 without a body', answer(404, 'NotFound'), 'no-such-key'],
    ['no bucket', answer(404, 'NoSuchBucket'), 'no-such-bucket'],
    ['no upload', answer(404, 'NoSuchUpload'), 'no-such-upload'],
    ['another version', answer(412, 'PreconditionFailed'), 'changed'],
    ['a damaged body', answer(400, 'BadDigest'), 'server'],
    ['any other refusal', answer(400, 'InvalidArgument'), 'rejected'],
    ['an exhausted quota with status 403', answer(403, 'QuotaExceeded'), 'full'],
    ['a full disk', answer(507, 'XMinioStorageFull'), 'full'],
    ['507 without a known code', answer(507), 'full'],
    ['a quota of Swift', answer(413, 'EntityTooLarge'), 'full'],
    ['an object in an archive class', answer(403, 'InvalidObjectState'), 'archived'],
    ['another region', answer(400, 'AuthorizationHeaderMalformed'), 'region'],
    ['a bucket in a known region', answer(301, 'PermanentRedirect', { 'x-amz-bucket-region': 'eu-central-1' }), 'region'],
    ['a bucket elsewhere', answer(301, 'PermanentRedirect'), 'redirect'],
    ['a bucket that is elsewhere for some time', answer(307, 'TemporaryRedirect'), 'redirect'],
    ['a redirect without a body', answer(307), 'redirect'],
    ['a redirect to a login page', answer(302), 'redirect'],
    ['a setting that the client rejects', new Error('Region not accepted'), 'request'],
    ['an unknown error of a connection', nodeError('HPE_INVALID_CHUNK_SIZE'), 'interrupted'],
    ['an unsupported operation', answer(501, 'NotImplemented'), 'unsupported'],
    ['501 without a code', answer(501), 'unsupported'],
    ['an unsupported method', answer(405, 'MethodNotAllowed'), 'unsupported'],
  ])('%s', (_, error, kind) => {
    expect(kindOf(error)).toBe(kind);
  });

  it('contains the region of the bucket if the response states it', () => {
    const fromBody = Object.assign(answer(400, 'AuthorizationHeaderMalformed'), { Region: 'eu-central-1' });
    const fromHeader = answer(301, 'PermanentRedirect', { 'x-amz-bucket-region': 'eu-central-1' });
    for (const error of [fromBody, fromHeader])
      expect(storeFailure(error, location, { doing: 'reading a' }).message).toContain('from us-east-1 to eu-central-1');
  });

  it('contains the address of a redirect without the path and the signature', () => {
    const fromBody = Object.assign(answer(307, 'TemporaryRedirect'), { Endpoint: 'backups.s3.example' });
    const fromHeader = answer(307, 'Unknown', { location: 'https://cache.example/backups/a?X-Amz-Signature=0123' });
    const messages = [fromBody, fromHeader, answer(307)].map((error) => storeFailure(error, location, { doing: 'reading a' }).message);
    expect(messages).toEqual([
      expect.stringContaining('the address is backups.s3.example ('),
      expect.stringContaining('the address is https://cache.example ('),
      expect.not.stringContaining('the address is'),
    ]);
  });

  it('contains the missing permission, and truncates long texts of the store', () => {
    const { message } = storeFailure(Object.assign(answer(403), { message: 'x'.repeat(10_000) }), location, {
      doing: 'writing a',
      right: 's3:PutObject',
    });
    expect(message).toContain('s3:PutObject is required');
    expect(message.length).toBeLessThan(1_000);
  });

  it.each<[StoreErrorKind, string, boolean]>([
    ['full', 'io', false],
    ['region', 'usage', false],
    ['redirect', 'usage', false],
    ['request', 'usage', false],
    ['not-s3', 'usage', false],
    ['tls', 'usage', false],
    ['denied', 'denied', false],
    ['no-such-bucket', 'usage', false],
    ['no-such-key', 'noSuchBackup', false],
    ['server', 'unreachable', true],
    ['clock', 'unreachable', true],
    ['unsupported', 'failed', false],
  ])('of kind %s has exit %s; transient: %s', (kind, exit, transient) => {
    expect(new StoreError(kind, 'x')).toMatchObject({ exit, isTransient: transient });
  });

  it('contains the operation, the store, the bucket and the response, and no secret', () => {
    const { message, cause } = storeFailure(answer(403, 'AccessDenied'), location, { doing: 'writing a', right: 's3:PutObject' });
    expect(message).toMatch(/^writing a: /);
    for (const part of [location.endpoint, location.bucket, '403 AccessDenied', 'said the store']) expect(message).toContain(part);
    expect(message).not.toContain(location.credentials.secretAccessKey);
    expect(cause).toMatchObject({ name: 'AccessDenied' });
  });

  it.each([
    ['30', undefined, 30_000],
    ['Wed, 21 Oct 2026 07:28:30 GMT', 'Wed, 21 Oct 2026 07:28:00 GMT', 30_000],
    ['Wed, 21 Oct 2026 07:27:00 GMT', 'Wed, 21 Oct 2026 07:28:00 GMT', undefined],
    ['Wed, 21 Oct 2026 07:28:30 GMT', undefined, undefined],
    ['soon', undefined, undefined],
    ['0', undefined, undefined],
  ])('with Retry-After %s at %s has a delay of %s ms', (retryAfter, date, ms) => {
    const headers = { 'retry-after': retryAfter, ...(date === undefined ? {} : { date }) };
    expect(storeFailure(answer(503, 'SlowDown', headers), location, { doing: 'reading a' }).retryAfterMs).toBe(ms);
  });
});

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

/** What the S3 client throws for an answer. */
const answer = (httpStatusCode: number, name = 'Unknown', headers: Readonly<Record<string, string>> = {}) =>
  Object.assign(new Error('said the store'), { name, $metadata: { httpStatusCode }, $response: { statusCode: httpStatusCode, headers } });

const nodeError = (code: string) => Object.assign(new Error(`connect ${code}`), { code });

describe('why a request failed', () => {
  it.each<[string, unknown, StoreErrorKind]>([
    ['a name that does not resolve', nodeError('ENOTFOUND'), 'address'],
    ['a port that is closed', nodeError('ECONNREFUSED'), 'refused'],
    ['several addresses, all closed', new AggregateError([nodeError('ECONNREFUSED'), nodeError('ECONNREFUSED')]), 'refused'],
    ['a connection that is reset', nodeError('ECONNRESET'), 'interrupted'],
    ['an error whose cause tells', Object.assign(new Error('wrapped'), { cause: nodeError('EAI_AGAIN') }), 'address'],
    ['a certificate of a stranger', nodeError('SELF_SIGNED_CERT_IN_CHAIN'), 'tls'],
    ['a certificate of another host', nodeError('ERR_TLS_CERT_ALTNAME_INVALID'), 'tls'],
    ['a certificate that has expired', nodeError('CERT_HAS_EXPIRED'), 'tls'],
    ['no answer in time', Object.assign(new Error('timed out'), { name: 'TimeoutError' }), 'timeout'],
    ['500', answer(500), 'server'],
    ['503 without a code that is known', answer(503, 'XMinioServerNotInitialized'), 'server'],
    ['429', answer(429), 'server'],
    ['an error inside a 200', answer(200, 'InternalError'), 'server'],
    ['an error inside a 200 that nobody knows', answer(200, 'Whatever'), 'server'],
    ['403 without a body', answer(403, '403'), 'denied'],
    ['a key that is not known', answer(403, 'InvalidAccessKeyId'), 'denied'],
    ['clocks apart, although it is a 403', answer(403, 'RequestTimeTooSkewed'), 'clock'],
    ['404 without a body', answer(404, 'NotFound'), 'no-such-key'],
    ['no bucket', answer(404, 'NoSuchBucket'), 'no-such-bucket'],
    ['no upload', answer(404, 'NoSuchUpload'), 'no-such-upload'],
    ['another version', answer(412, 'PreconditionFailed'), 'changed'],
    ['a damaged body', answer(400, 'BadDigest'), 'server'],
    ['any other refusal', answer(400, 'InvalidArgument'), 'rejected'],
    ['a used up quota, although it is a 403', answer(403, 'QuotaExceeded'), 'full'],
    ['a full disk', answer(507, 'XMinioStorageFull'), 'full'],
    ['507 without a code that is known', answer(507), 'full'],
    ['a quota of Swift', answer(413, 'EntityTooLarge'), 'full'],
    ['an object in an archive', answer(403, 'InvalidObjectState'), 'archived'],
    ['another region', answer(400, 'AuthorizationHeaderMalformed'), 'region'],
    ['a bucket elsewhere', answer(301, 'PermanentRedirect'), 'region'],
    ['an operation that is not offered', answer(501, 'NotImplemented'), 'unsupported'],
    ['501 without a code', answer(501), 'unsupported'],
    ['a method that is not offered', answer(405, 'MethodNotAllowed'), 'unsupported'],
  ])('%s', (_, error, kind) => {
    expect(kindOf(error)).toBe(kind);
  });

  it('names the region of the bucket where the answer tells it', () => {
    const fromBody = Object.assign(answer(400, 'AuthorizationHeaderMalformed'), { Region: 'eu-central-1' });
    const fromHeader = answer(301, 'PermanentRedirect', { 'x-amz-bucket-region': 'eu-central-1' });
    for (const error of [fromBody, fromHeader])
      expect(storeFailure(error, location, { doing: 'reading a' }).message).toContain('from us-east-1 to eu-central-1');
  });

  it('names the right that is lacking, and cuts long texts of the store', () => {
    const { message } = storeFailure(Object.assign(answer(403), { message: 'x'.repeat(10_000) }), location, {
      doing: 'writing a',
      right: 's3:PutObject',
    });
    expect(message).toContain('s3:PutObject is needed');
    expect(message.length).toBeLessThan(1_000);
  });

  it.each<[StoreErrorKind, string, boolean]>([
    ['full', 'io', false],
    ['region', 'usage', false],
    ['not-s3', 'usage', false],
    ['tls', 'usage', false],
    ['denied', 'denied', false],
    ['no-such-bucket', 'usage', false],
    ['no-such-key', 'noSuchBackup', false],
    ['server', 'unreachable', true],
    ['clock', 'unreachable', true],
    ['unsupported', 'failed', false],
  ])('of kind %s ends a program as %s; transient: %s', (kind, exit, transient) => {
    expect(new StoreError(kind, 'x')).toMatchObject({ exit, isTransient: transient });
  });

  it('is told with what was done, the store, the bucket and its answer, and no secret', () => {
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
  ])('with Retry-After %s at %s asks for %s ms', (retryAfter, date, ms) => {
    const headers = { 'retry-after': retryAfter, ...(date === undefined ? {} : { date }) };
    expect(storeFailure(answer(503, 'SlowDown', headers), location, { doing: 'reading a' }).retryAfterMs).toBe(ms);
  });
});

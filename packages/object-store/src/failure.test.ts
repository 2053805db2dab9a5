import { describe, expect, it } from 'vitest';
import { storeFailure } from './failure.ts';
import type { StoreErrorKind } from './store-error.ts';

const location = {
  endpoint: 'http://store.example:9000',
  bucket: 'backups',
  region: 'us-east-1',
  pathStyle: true,
  signatureV2: false,
  credentials: { accessKeyId: 'AKEXAMPLE', secretAccessKey: 'very-secret' },
};

const kindOf = (error: unknown): StoreErrorKind => storeFailure(error, location, 'reading a').kind;

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
  ])('%s', (_, error, kind) => {
    expect(kindOf(error)).toBe(kind);
  });

  it('is told with what was done, the store, the bucket and its answer, and no secret', () => {
    const { message, cause } = storeFailure(answer(403, 'AccessDenied'), location, 'writing a');
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
    expect(storeFailure(answer(503, 'SlowDown', headers), location, 'reading a').retryAfterMs).toBe(ms);
  });
});

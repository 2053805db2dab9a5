import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listBackups, probe, Store, StoreError, type StoreErrorKind } from '../src/index.ts';

const HTML = '<!DOCTYPE html><html><head><title>Console</title></head><body>Log in</body></html>';
const OWNER = { namespace: 'chat', moduleName: 'seen' };

type Answer = (answer: ServerResponse, request: IncomingMessage) => void;

const xml =
  (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer =>
  (answer) =>
    void answer.writeHead(status, { 'content-type': 'application/xml', ...headers }).end(body);
const page =
  (status: number, headers: Readonly<Record<string, string>> = {}): Answer =>
  (answer) =>
    void answer.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(HTML);
const bare =
  (status: number, headers: Readonly<Record<string, string>> = {}): Answer =>
  (answer) =>
    void answer.writeHead(status, headers).end();

const LISTING = (contents: string) =>
  `<?xml version="1.0"?>\n<ListBucketResult><Name>b</Name><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>${contents}</ListBucketResult>`;
const ALL_BUCKETS = '<?xml version="1.0"?><ListAllMyBucketsResult><Owner><ID>x</ID></Owner><Buckets/></ListAllMyBucketsResult>';
const ERROR = (code: string, more = '') => `<?xml version="1.0"?><Error><Code>${code}</Code><Message>made up</Message>${more}</Error>`;

/** Sends bytes until the client has enough. */
const endless =
  (status: number): Answer =>
  (answer) => {
    answer.writeHead(status, { 'content-type': 'application/xml' });
    const chunk = Buffer.alloc(1024 * 1024, ' ');
    const more = (): void => {
      while (!answer.destroyed && answer.write(chunk));
    };
    answer.on('drain', more);
    more();
  };

describe('responses of a server that may not be S3', () => {
  let server: Server;
  let store: Store;
  let respond: Answer;
  let requests: IncomingMessage[] = [];

  beforeAll(async () => {
    server = createServer((request, answer) => {
      requests.push(request);
      request.resume();
      request.on('end', () => respond(answer, request));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  // A store that has answered as S3 is judged differently.
  beforeEach(async () => {
    requests = [];
    store = await Store.open(
      {
        endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        bucket: 'b',
        region: 'us-east-1',
        pathStyle: true,
        signatureV2: false,
        credentials: { accessKeyId: 'AKEXAMPLE\n', secretAccessKey: 'secret\r\n' },
      },
      { retry: { attempts: 1 } },
    );
  });
  afterEach(() => store?.close());
  afterAll(async () => {
    server?.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const failure = async (work: Promise<unknown>): Promise<StoreError> => {
    const error = await work.catch((cause: unknown) => cause);
    if (error instanceof StoreError) return error;
    throw new Error(`not a StoreError: ${String(error)}`);
  };

  it.each<[string, Answer, string]>([
    ['a web page', page(200), 'a web page'],
    ['a web page that calls itself XML', xml(200, HTML), 'a response that is not XML'],
    ['an empty body', bare(200), 'an empty response'],
    ['204', bare(204), 'an empty response'],
    ['a list of buckets', xml(200, ALL_BUCKETS), 'the root element ListAllMyBucketsResult'],
    ['an empty listing element', xml(200, '<ListBucketResult/>'), 'the root element ListBucketResult'],
    ['JSON', xml(200, '{"status":"ok"}'), 'a response that is not XML'],
    ['a redirect to https', bare(301, { location: 'https://store.example/b?X-Signature=1' }), 'a redirect to https://store.example/b'],
    ['a redirect to a log in page', page(302, { location: '/login' }), 'a redirect to /login'],
    ['404 of a web server', page(404), '404'],
    ['a body without end', endless(200), 'bytes'],
    ['an endless error', endless(500), 'more than 65536 bytes'],
  ])('that are %s do not count as an empty bucket or a working connection', async (_, answer, found) => {
    respond = answer;
    for (const work of [() => probe(store), () => listBackups(store, OWNER)]) {
      const error = await failure(work());
      expect(error).toMatchObject({ kind: 'not-s3', exit: 'usage', message: expect.stringContaining(found) });
      expect(error.message).toMatch(/^listing .*check scheme, host, port and path/);
      expect(error.message).not.toContain('X-Signature');
    }
  });

  it.each<[string, Answer]>([
    ['a web page', page(200)],
    ['404 of a web server', page(404)],
    ['no content', bare(204)],
  ])('to HEAD and GET that are %s count neither as an object nor as a missing one', async (_, answer) => {
    respond = answer;
    expect((await failure(store.head('chat/seen/x.json'))).kind).toBe('not-s3');
    expect((await failure(store.text('chat/seen/x.json'))).kind).toBe('not-s3');
    expect((await failure(store.open('chat/seen/x.json'))).kind).toBe('not-s3');
  });

  it('that are web pages do not count as a written object', async () => {
    respond = page(200);
    expect((await failure(store.put('x', Buffer.from('x'), { contentType: 'text/plain' }))).kind).toBe('not-s3');
    expect((await failure(store.beginUpload('x', { contentType: 'text/plain' }))).kind).toBe('not-s3');
    const upload = { key: 'x', uploadId: '1' };
    expect((await failure(store.uploadPart(upload, { partNumber: 1, body: Buffer.from('x') }))).kind).toBe('not-s3');
    // The request may have been carried out; another check decides.
    expect((await failure(store.completeUpload(upload, [{ partNumber: 1, etag: 'x' }]))).kind).toBe('server');
  });

  it.each<[string, Answer]>([
    ['a web page', page(200)],
    ['404 of a web server', page(404)],
  ])('that are %s count as a server error after one of S3', async (_, answer) => {
    respond = xml(200, LISTING(''));
    await probe(store);
    respond = answer;
    for (const work of [() => probe(store), () => store.head('x'), () => store.text('x'), () => listBackups(store, OWNER)])
      expect(await failure(work())).toMatchObject({ kind: 'server', isTransient: true });
    respond = bare(404, { 'x-amz-request-id': '1', 'content-type': 'text/html' });
    expect(await store.head('x')).toBeUndefined();
  });

  it('without content are accepted with any type', async () => {
    respond = bare(200, { 'content-type': 'text/html', 'content-length': '0', etag: '"x"' });
    expect(await store.put('x', Buffer.from('x'), { contentType: 'text/plain' })).toBe('x');
    await store.delete('x');
  });

  it('without an upload id or an ETag do not count as an upload', async () => {
    respond = xml(200, '<InitiateMultipartUploadResult><UploadId></UploadId></InitiateMultipartUploadResult>');
    expect((await failure(store.beginUpload('x', { contentType: 'text/plain' }))).message).toContain('lacks an upload id');
    respond = bare(200);
    const part = { partNumber: 1, body: Buffer.from('x') };
    expect((await failure(store.uploadPart({ key: 'x', uploadId: '1' }, part))).message).toContain('lacks an ETag');
    expect((await failure(store.completeUpload({ key: 'x', uploadId: '1' }, []))).kind).toBe('server');
  });

  it.each<[string, Answer, StoreErrorKind]>([
    ['an error with status 200', xml(200, ERROR('SlowDown')), 'server'],
    ['an unknown error inside a 200', xml(200, ERROR('SomeError')), 'server'],
    ['a denial inside a 200', xml(200, ERROR('AccessDenied')), 'denied'],
    ['an exhausted quota', xml(403, ERROR('QuotaExceeded')), 'full'],
    ['a full disk', xml(507, ERROR('XMinioStorageFull')), 'full'],
    ['another region', xml(400, ERROR('AuthorizationHeaderMalformed', '<Region>eu-central-1</Region>')), 'region'],
    ['a web page with 403', page(403), 'denied'],
    ['a web page with 502', page(502), 'server'],
    ['407 of a proxy', page(407), 'proxy'],
  ])('that are %s are mapped to their kind', async (_, answer, kind) => {
    respond = answer;
    const error = await failure(probe(store));
    expect(error.kind).toBe(kind);
    if (kind === 'region') expect(error.message).toContain('from us-east-1 to eu-central-1');
  });

  it.each<[string, Answer]>([
    ['501', xml(501, ERROR('NotImplemented'))],
    ['405', xml(405, ERROR('MethodNotAllowed'))],
  ])('of %s to a listing of uploads mean unsupported, after one request', async (_, answer) => {
    respond = answer;
    const uploads = async () => {
      for await (const upload of store.pendingUploads('x')) throw new Error(`an upload of ${upload.key}`);
    };
    expect((await failure(uploads())).kind).toBe('unsupported');
    expect(requests).toHaveLength(1);
  });

  it('that list uploads of other objects are filtered', async () => {
    const uploads = ['x', 'other/x'].map((key) => `<Upload><Key>${key}</Key><UploadId>1</UploadId></Upload>`).join('');
    respond = xml(200, `<ListMultipartUploadsResult><Bucket>b</Bucket>${uploads}</ListMultipartUploadsResult>`);
    const found: string[] = [];
    for await (const { key } of store.pendingUploads('x')) found.push(key);
    expect(found).toEqual(['x']);
  });

  it('that repeat a page fail the listing', async () => {
    const uploads = async () => {
      for await (const upload of store.pendingUploads('x')) expect(upload).toBeDefined();
    };
    respond = xml(200, '<ListMultipartUploadsResult><Bucket>b</Bucket><IsTruncated>true</IsTruncated></ListMultipartUploadsResult>');
    expect((await failure(uploads())).message).toContain('returned a truncated listing without a way to continue it');
    const more = '<IsTruncated>true</IsTruncated><NextContinuationToken>same</NextContinuationToken>';
    respond = xml(200, LISTING('').replace('<IsTruncated>false</IsTruncated>', more));
    expect((await failure(listBackups(store, OWNER))).message).toContain('returned a truncated listing without a way to continue it');
  });

  it('are limited by the number of requested keys', async () => {
    respond = endless(200);
    expect((await failure(probe(store))).message).toContain('more than 1048576 bytes');
    expect((await failure(listBackups(store, OWNER))).message).toContain('more than 5120000 bytes');
  });

  it('with endless pages fail a limited listing', async () => {
    const bounded = await Store.open(store.location, { retry: { attempts: 1 }, listing: { pageSize: 250, mostCharacters: 100_000 } });
    let pages = 0;
    respond = (answer, request) => {
      const prefix = new URL(request.url ?? '', 'http://store').searchParams.get('prefix') ?? '';
      const contents = `<Contents><Key>${prefix}${randomUUID()}.tar.gz</Key><Size>1</Size><ETag>"${'e'.repeat(1_000)}"</ETag></Contents>`;
      const more = `<IsTruncated>true</IsTruncated><NextContinuationToken>${++pages}</NextContinuationToken>`;
      xml(200, LISTING(contents).replace('<IsTruncated>false</IsTruncated>', more))(answer, request);
    };
    const { message } = await failure(listBackups(bounded, OWNER));
    bounded.close();
    expect(message).toContain('more than 100000 characters of keys');
    expect(pages).toBeLessThan(100);
    expect(requests[0]?.url).toContain('max-keys=250');
  });

  it('may list keys with any character', async () => {
    const keys = ['a+b c', 'line\nbreak\n', 'carriage\r', 'ünï', '100%', '<&>'];
    const contents = keys.map((key) => `<Contents><Key>${encodeURIComponent(key)}</Key><Size>1</Size></Contents>`);
    respond = xml(200, LISTING(contents.join('')));
    const found: string[] = [];
    for await (const { key } of store.list('')) found.push(key);
    expect(found).toEqual(keys);
    expect(requests[0]?.url).toContain('encoding-type=url');
  });

  it.each([
    ['team%2Bone/a+b', 'team+one/', 'team+one/a b'],
    ['team+one/a%20b', 'team one/', 'team one/a b'],
    ['team+one/a', 'team+one/', 'team+one/a'],
    ['100%/a', '100%/', '100%/a'],
  ])('may list the key %s under %s in any encoding', async (text, prefix, key) => {
    respond = xml(200, LISTING(`<Contents><Key>${text}</Key><Size>1</Size></Contents>`));
    const found: string[] = [];
    for await (const object of store.list(prefix)) found.push(object.key);
    expect(found).toEqual([key]);
  });

  it('are requested with trimmed credentials, and records are limited to 1 MiB', async () => {
    respond = xml(200, LISTING(''));
    await probe(store);
    expect(requests[0]?.headers.authorization).toContain('Credential=AKEXAMPLE/');
    respond = (answer) => void answer.writeHead(200, { 'content-type': 'application/json' }).end(Buffer.alloc(2 * 1024 * 1024, ' '));
    expect((await failure(store.text('x'))).message).toContain('not a backup record');
  });

  it('are requested without 100-continue, to which some servers respond with 417', async () => {
    respond = (answer, request) => bare(request.headers.expect === undefined ? 200 : 417, { etag: '"x"' })(answer, request);
    expect(await store.put('x', Buffer.alloc(9 * 1024 * 1024), { contentType: 'text/plain' })).toBe('x');
  });

  it('with a weak ETag are read without If-Match, which would never match', async () => {
    respond = bare(200, { etag: 'W/"abc"', 'content-length': '0' });
    const { etag, body } = await store.open('x');
    body.destroy();
    expect(etag).toBe('W/abc');
    (await store.open('x', { etag })).body.destroy();
    (await store.open('x', { etag: 'abc' })).body.destroy();
    expect(requests.map(({ headers }) => headers['if-match'])).toEqual([undefined, undefined, '"abc"']);
  });

  it('to HEAD without a length are completed by a listing', async () => {
    respond = (answer, request) =>
      request.method === 'HEAD'
        ? bare(200, { etag: '"x"', 'transfer-encoding': 'chunked' })(answer, request)
        : xml(200, LISTING('<Contents><Key>x</Key><Size>7</Size></Contents>'))(answer, request);
    expect(await store.head('x')).toMatchObject({ sizeBytes: 7 });
  });
});

describe('a setting that is invalid in a header', () => {
  it('is reported as such instead of as a lost connection', async () => {
    const location = { endpoint: 'http://127.0.0.1:9', bucket: 'b', pathStyle: true, signatureV2: false };
    const credentials = { accessKeyId: 'AK\nEXAMPLE', secretAccessKey: 'secret' };
    const store = await Store.open({ ...location, region: 'us-east-1', credentials });
    await expect(probe(store)).rejects.toMatchObject({ kind: 'header', exit: 'usage' });
    store.close();
  });
});

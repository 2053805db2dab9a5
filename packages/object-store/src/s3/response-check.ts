import { Readable } from 'node:stream';
import { boundedBody } from './bounded-body.ts';
import type { StoreErrorKind } from '../errors/store-failures.ts';
import { UnexpectedAnswer } from '../errors/unexpected-answer.ts';

/** The parts of a request that determine the expected response. */
export interface SentRequest {
  readonly method: string;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
}

/** A response as the S3 client's HTTP handler returns it. */
export interface RawAnswer {
  statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  body?: unknown;
}

const MIB = 1024 * 1024;

/** Size of a listed key of 1,024 bytes, escaped to three times its length, with its metadata. */
const BYTES_OF_KEY = 5 * 1024;
/** Size limit for a page of 1,000 multipart uploads with their ids. */
const UPLOADS_BYTES = 16 * MIB;
const OTHER_BYTES = MIB;
/** Size limit for error responses, which usually have a few hundred bytes. */
const ERROR_BYTES = 64 * 1024;

/** Requirements on a successful response. */
interface Expectation {
  /** Root element of the body. */
  readonly root: string;
  /** At least one of these elements must be present; without them, every field of the response would be a guess. */
  readonly anyOf: readonly string[];
  readonly limitBytes: number;
  /** Error kind for any other response: `server`, which is retried, where the operation may have been carried out. */
  readonly kind: Extract<StoreErrorKind, 'not-s3' | 'server'>;
}

/** Bounded by the number of requested keys: a page is parsed at once, which takes many times its size in memory. */
const listing = (maxKeys: number): Expectation => ({
  root: 'ListBucketResult',
  anyOf: ['Name', 'IsTruncated', 'MaxKeys', 'KeyCount', 'Contents'],
  limitBytes: Math.max(OTHER_BYTES, maxKeys * BYTES_OF_KEY),
  kind: 'not-s3',
});
const UPLOADS: Expectation = {
  root: 'ListMultipartUploadsResult',
  anyOf: ['Bucket', 'IsTruncated', 'MaxUploads', 'Upload'],
  limitBytes: UPLOADS_BYTES,
  kind: 'not-s3',
};
const BEGUN: Expectation = { root: 'InitiateMultipartUploadResult', anyOf: ['UploadId'], limitBytes: OTHER_BYTES, kind: 'not-s3' };
const COMPLETED: Expectation = {
  root: 'CompleteMultipartUploadResult',
  anyOf: ['ETag', 'Key', 'Bucket', 'Location'],
  limitBytes: OTHER_BYTES,
  kind: 'server',
};

/** The S3 client is lenient: it parses any XML, HTML or empty body as a response without fields. */
function expectationOf({ method, query = {} }: SentRequest): Expectation | undefined {
  if (method === 'GET' && query['list-type'] !== undefined) return listing(Number(query['max-keys'] ?? 1000));
  if (method === 'GET' && query['uploads'] !== undefined) return UPLOADS;
  if (method === 'POST' && query['uploads'] !== undefined) return BEGUN;
  if (method === 'POST' && query['uploadId'] !== undefined) return COMPLETED;
  return undefined;
}

/** Methods whose successful response is an object, unless another response is expected. */
const READS: ReadonlySet<string> = new Set(['HEAD', 'GET']);

const isSuccess = ({ statusCode }: RawAnswer): boolean => statusCode >= 200 && statusCode < 300;

/**
 * Checks the responses of one store. Once it has answered as S3 servers do, a web page comes from a gateway that has lost the server for a
 * moment: it counts as a server error, which is retried.
 */
export class AnswerCheck {
  #isS3 = false;

  /** @throws UnexpectedAnswer as {@link checkAnswer}. */
  async check(request: SentRequest, answer: RawAnswer): Promise<void> {
    if (this.#isS3 && isWebPage(request, answer)) refuse(answer, { found: 'a web page', kind: 'server' });
    await checkAnswer(request, answer);
    this.#isS3 ||= isSuccess(answer) && (expectationOf(request) !== undefined || hasS3Header(answer));
  }
}

/**
 * Checks that a response comes from S3 before the S3 client parses it. Bodies are read here up to a limit and replaced by the bytes read;
 * only object content remains a stream.
 *
 * @throws UnexpectedAnswer `not-s3`, or `server` when the request may have been carried out.
 */
async function checkAnswer(request: SentRequest, answer: RawAnswer): Promise<void> {
  const expected = expectationOf(request);
  const isSuccessful = isSuccess(answer);
  if (isWebPage(request, answer)) refuse(answer, { found: 'a web page', kind: expected?.kind });
  const isObject = isSuccessful && expected === undefined && READS.has(request.method);
  if (isObject && answer.statusCode === 204) refuse(answer, { found: 'no content' });
  // The reader of an object enforces its own limit.
  if (isObject || request.method === 'HEAD') return;
  await checkBody(request, answer, expected);
}

async function checkBody(request: SentRequest, answer: RawAnswer, expected: Expectation | undefined): Promise<void> {
  const isSuccessful = isSuccess(answer);
  const limitBytes = isSuccessful ? (expected?.limitBytes ?? OTHER_BYTES) : ERROR_BYTES;
  const body = await boundedBody(answer.body, limitBytes);
  if (body === undefined) return refuse(answer, { found: `more than ${limitBytes} bytes`, kind: expected?.kind });
  const root = rootElement(body);
  if (isForeignRefusal(request, answer, root)) refuse(answer, { found: foreignDetail(answer, bodyDescription(root, body)) });
  if (isSuccessful && expected !== undefined) assertExpected(answer, { expected, root, body });
  answer.body = Readable.from(body.length === 0 ? [] : [body], { objectMode: false });
}

function refuse(
  answer: RawAnswer,
  { found, kind = 'not-s3' }: { readonly found: string; readonly kind?: StoreErrorKind | undefined },
): void {
  if (answer.body instanceof Readable) answer.body.destroy();
  throw new UnexpectedAnswer(kind, `${answer.statusCode}: ${found}`);
}

function assertExpected(
  answer: RawAnswer,
  { expected, root, body }: { readonly expected: Expectation; readonly root: string | undefined; readonly body: Buffer },
): void {
  // An error in a response with status 200: set a status that makes the client parse it as an error.
  if (root === 'Error') answer.statusCode = 503;
  else if (root !== expected.root || !expected.anyOf.some((element) => holdsElement(body, element)))
    refuse(answer, { found: bodyDescription(root, body), kind: expected.kind });
}

/** Whether the response is a redirect to https, or a web server's 404, to a request that S3 answers with XML. */
function isForeignRefusal(request: SentRequest, { statusCode, headers }: RawAnswer, root: string | undefined): boolean {
  if (root === 'Error' || headers['x-amz-bucket-region'] !== undefined) return false;
  const isRedirect = statusCode >= 300 && statusCode < 400 && statusCode !== 304;
  return isRedirect || (statusCode === 404 && request.query?.['list-type'] !== undefined);
}

const foreignDetail = ({ headers }: RawAnswer, found: string): string =>
  headers['location'] === undefined ? found : `a redirect to ${withoutQuery(headers['location'])}`;

/** The query of a redirect may contain a signature. */
const withoutQuery = (url: string): string => url.replace(/[?#].*$/s, '').slice(0, 200);

/**
 * Consoles and portals return a web page for every request. S3 servers send an `x-amz-` header with every response and use arbitrary
 * content types for empty ones.
 */
const isWebPage = ({ method }: SentRequest, answer: RawAnswer): boolean =>
  // The 404 of a gateway without a server must not count as a missing object. Other statuses count as what they are.
  (isSuccess(answer) || answer.statusCode === 404) &&
  /^text\/html\b/i.test(answer.headers['content-type'] ?? '') &&
  !hasS3Header(answer) &&
  (method === 'HEAD' || answer.headers['content-length'] !== '0');

const hasS3Header = ({ headers }: RawAnswer): boolean => Object.keys(headers).some((name) => name.startsWith('x-amz-'));

/** Tab, line feed, carriage return, space. */
const WHITE_SPACE: ReadonlySet<number> = new Set([9, 10, 13, 32]);

/** Name of the root element without its namespace; undefined when the body is not XML. */
export function rootElement(body: Buffer): string | undefined {
  // Some stores send white space while they prepare the response.
  const start = body.findIndex((byte) => !WHITE_SPACE.has(byte));
  const text = start < 0 ? '' : body.toString('utf8', start, start + 4096).replace(/^\uFEFF/, '');
  return /^(?:<\?xml[^>]*\?>\s*)?(?:<!--[\s\S]*?-->\s*)*<(?:[\w.-]+:)?([A-Za-z][\w.-]*)[\s/>]/.exec(text)?.[1];
}

const holdsElement = (body: Buffer, element: string): boolean =>
  [`<${element}>`, `:${element}>`, `<${element} `].some((tag) => body.includes(tag));

function bodyDescription(root: string | undefined, body: Buffer): string {
  if (body.length === 0) return 'an empty response';
  return root === undefined ? 'a response that is not XML' : `a response with the root element ${root}`;
}

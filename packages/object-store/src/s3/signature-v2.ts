import { createHmac } from 'node:crypto';

/** A request as the S3 client passes it to its signer. */
export interface SignableRequest {
  readonly method: string;
  readonly hostname: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>> | undefined;
  headers: Record<string, string>;
}

/** Query parameters that the signature covers. */
const SIGNED_PARAMETERS: ReadonlySet<string> = new Set([
  'acl',
  'cors',
  'delete',
  'lifecycle',
  'location',
  'logging',
  'notification',
  'partNumber',
  'policy',
  'requestPayment',
  'tagging',
  'torrent',
  'uploadId',
  'uploads',
  'versionId',
  'versioning',
  'versions',
  'website',
]);

/**
 * Signs a request with AWS signature version 2, for old stores that support no other.
 *
 * @param given.bucket is part of the signed path even when it is in the host name.
 * @param given.endpointHostname reveals whether it is: the client puts the bucket into the path for IP addresses and for bucket names that
 * are not valid host names, regardless of its configuration.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html
 */
export function signV2<Request extends SignableRequest>(
  request: Request,
  given: {
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
    readonly bucket: string;
    readonly endpointHostname: string;
    readonly date: Date;
  },
): Request {
  const { credentials, date } = given;
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]));
  // `x-amz-date` instead of `Date`, which Node or a proxy may overwrite.
  headers['x-amz-date'] = date.toUTCString();
  // These belong to version 4.
  delete headers['x-amz-content-sha256'];
  delete headers['authorization'];
  const text = [
    request.method,
    headers['content-md5'] ?? '',
    headers['content-type'] ?? '',
    '',
    ...amazonHeaders(headers),
    signedResource(request, given),
  ].join('\n');
  const signature = createHmac('sha1', credentials.secretAccessKey).update(text, 'utf8').digest('base64');
  request.headers = { ...headers, authorization: `AWS ${credentials.accessKeyId}:${signature}` };
  return request;
}

function amazonHeaders(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(headers)
    .filter(([name]) => name.startsWith('x-amz-'))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${value.trim().replace(/\s*\n\s*/g, ' ')}`);
}

function signedResource(
  { path, hostname, query = {} }: SignableRequest,
  { bucket, endpointHostname }: { readonly bucket: string; readonly endpointHostname: string },
): string {
  const isInHostname = hostname === `${bucket}.${endpointHostname}`;
  const parameters = Object.entries(query)
    .filter(([name]) => SIGNED_PARAMETERS.has(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => (value === null || value === '' ? name : `${name}=${String(value)}`));
  return `${isInHostname ? `/${bucket}` : ''}${path}${parameters.length === 0 ? '' : `?${parameters.join('&')}`}`;
}

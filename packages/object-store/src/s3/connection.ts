import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { defined } from '@eeveebot/contract';
import type * as S3 from '@aws-sdk/client-s3';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import type { BuildMiddleware, HttpHandlerOptions, HttpRequest, RequestSigningArguments } from '@smithy/types';
import { trimmedCredential } from './credentials.ts';
import type { ProxyVariables } from './proxies.ts';
import { AnswerCheck } from './response-check.ts';
import { signV2 } from './signature-v2.ts';
import type { StoreClock } from './store-clock.ts';
import type { StoreLocation } from '../store-location.ts';

/** Limits of one request. */
export interface ConnectionLimits {
  /** Time to establish a connection, in milliseconds. */
  readonly connectMs: number;
  /** Time without a byte in either direction, in milliseconds. */
  readonly idleMs: number;
  /** The idle limit for CompleteMultipartUpload: some stores assemble the object before they send a byte. */
  readonly completionIdleMs: number;
  /** Concurrent connections. */
  readonly connections: number;
}

export const DEFAULT_LIMITS: ConnectionLimits = { connectMs: 5_000, idleMs: 30_000, completionIdleMs: 300_000, connections: 8 };

/** The S3 client's module. Loaded on first use because it takes 20 MB. */
export type S3Module = typeof S3;

/** The endpoint as a URL; http when it has no scheme. */
export const endpointUrl = (endpoint: string): string => (/^[a-z][a-z0-9+.-]*:\/\//i.test(endpoint) ? endpoint : `http://${endpoint}`);

/**
 * The S3 client for one store. Its own retries are off because they ignore `Retry-After` and cannot be observed. It neither sends nor
 * requests checksums other than Content-MD5, because several stores do not support them.
 */
export async function connect(
  location: StoreLocation,
  { limits, proxies, clock }: { readonly limits: ConnectionLimits; readonly proxies: ProxyVariables; readonly clock: StoreClock },
): Promise<{ client: S3.S3Client; s3: S3Module }> {
  const [s3, { NodeHttpHandler: Handler }] = await Promise.all([import('@aws-sdk/client-s3'), import('@smithy/node-http-handler')]);
  const { region, pathStyle, bucket, signatureV2, ca } = location;
  const credentials = {
    accessKeyId: trimmedCredential(location.credentials.accessKeyId),
    secretAccessKey: trimmedCredential(location.credentials.secretAccessKey),
  };
  const endpoint = endpointUrl(location.endpoint);
  const endpointHostname = URL.parse(endpoint)?.hostname ?? '';
  const sockets = { keepAlive: true, maxSockets: limits.connections, proxyEnv: proxies };
  const agents = { httpAgent: new HttpAgent(sockets), httpsAgent: new HttpsAgent({ ...sockets, ...defined({ ca }) }) };
  const handlerFor = (socketTimeout: number) => new Handler({ connectionTimeout: limits.connectMs, socketTimeout, ...agents });
  const config: S3.S3ClientConfig = {
    endpoint,
    region,
    forcePathStyle: pathStyle,
    credentials,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    followRegionRedirects: true,
    // Otherwise read from variables and files of AWS's tools, which may be set for other programs and contradict the endpoint.
    defaultsMode: 'legacy',
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    useArnRegion: false,
    // Several servers and proxies respond to `Expect: 100-continue` with 417 or not at all.
    expectContinueHeader: false,
    requestHandler: checkingHandler({ usual: handlerFor(limits.idleMs), patient: handlerFor(limits.completionIdleMs), clock }),
    ...(signatureV2
      ? {
          signer: async () => ({
            sign: async (request: HttpRequest, options?: RequestSigningArguments) =>
              signV2(request, { credentials, bucket, endpointHostname, date: new Date(options?.signingDate ?? Date.now()) }),
          }),
        }
      : {}),
  };
  const client = new s3.S3Client(config);
  client.middlewareStack.add(leavePayloadUnsigned, { step: 'build', name: 'leavePayloadUnsigned' });
  return { client, s3 };
}

type SentRequest = Parameters<NodeHttpHandler['handle']>[0];

const isCompletion = ({ method, query }: SentRequest): boolean => method === 'POST' && query['uploadId'] !== undefined;

/**
 * Sends requests with `usual`, and CompleteMultipartUpload with `patient`, over the same connections. Checks that responses come from S3,
 * and passes their times to `clock`.
 */
function checkingHandler({
  usual,
  patient,
  clock,
}: {
  readonly usual: NodeHttpHandler;
  readonly patient: NodeHttpHandler;
  readonly clock: StoreClock;
}) {
  const answers = new AnswerCheck();
  return {
    metadata: usual.metadata,
    handle: async (request: SentRequest, options?: HttpHandlerOptions) => {
      const { response } = await (isCompletion(request) ? patient : usual).handle(request, options);
      clock.observe(response.headers['date']);
      await answers.check(request, response);
      return { response };
    },
    destroy: () => {
      usual.destroy();
      patient.destroy();
    },
    updateHttpClientConfig: (...change: Parameters<NodeHttpHandler['updateHttpClientConfig']>) => {
      usual.updateHttpClientConfig(...change);
      patient.updateHttpClientConfig(...change);
    },
    httpHandlerConfigs: () => usual.httpHandlerConfigs(),
  };
}

/**
 * The signature covers Content-MD5 and through it the body, so hashing the body a second time would only cost time.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html UNSIGNED-PAYLOAD
 */
const leavePayloadUnsigned: BuildMiddleware<S3.ServiceInputTypes, S3.ServiceOutputTypes> = (next) => (given) => {
  const { headers } = given.request as HttpRequest;
  if (headers['content-md5'] !== undefined) headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD';
  return next(given);
};

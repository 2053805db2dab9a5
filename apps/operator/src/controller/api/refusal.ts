import { ApiError, type FieldCause } from '../errors.ts';
import type { Response } from './exchange.ts';

interface StatusAnswer {
  readonly message?: string;
  readonly reason?: string;
  readonly details?: { readonly retryAfterSeconds?: number; readonly causes?: readonly FieldCause[] };
}

/** How the API server begins its message about a request that a webhook denied. */
const DENIED = /^admission webhook "[^"]*" denied the request/;

/** Codes with which the API server itself says that the cache is outdated. A webhook may choose any code to deny a request. */
const OUTDATED_CODES: ReadonlySet<number> = new Set([404, 409, 410]);

/**
 * Appended to the API server's message about a write that took longer than its limit of 34 seconds. It then does not name the webhooks for
 * which it waited; one that exceeds its own timeout first is named.
 */
const SLOW_WRITE =
  '; webhooks for this kind of object may be slow or not answer: kubectl get mutatingwebhookconfigurations,validatingwebhookconfigurations';

/** The error of a response that refuses a request. @param request its method and path. */
export function refusal({ statusCode, headers, text }: Response, request: string): ApiError {
  const received = text === '' ? '' : `: ${text.slice(0, 200)}`;
  const { message = `${request}: HTTP ${statusCode}${received}`, reason = 'Unknown', details = {} } = parsedStatus(text) ?? {};
  const retryAfterSeconds = Number(headers['retry-after'] ?? details.retryAfterSeconds ?? Number.NaN);
  const isPolicy = OUTDATED_CODES.has(statusCode) && DENIED.test(message);
  const hint = isSlowWrite(request, { code: statusCode, reason }) ? SLOW_WRITE : '';
  return new ApiError(message + hint, {
    ...(isPolicy ? { code: 403, reason: 'Forbidden' } : { code: statusCode, reason }),
    retryAfterMs: Number.isFinite(retryAfterSeconds) ? retryAfterSeconds * 1000 : undefined,
    causes: details.causes,
  });
}

const isSlowWrite = (request: string, { code, reason }: { readonly code: number; readonly reason: string }): boolean =>
  code === 504 && reason === 'Timeout' && !request.startsWith('GET ');

function parsedStatus(text: string): StatusAnswer | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as StatusAnswer;
  } catch (error) {
    // A proxy in between may send any body; the status code is sufficient.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Log } from '../../telemetry/log.ts';
import { RequestError } from '../request-error.ts';

/** Error of the body parser and the router for a request that they cannot read. */
interface UnreadableRequest {
  readonly type?: unknown;
  readonly status?: unknown;
}

const REASONS: Readonly<Record<number, string>> = { 400: 'Bad Request', 413: 'Payload Too Large', 415: 'Unsupported Media Type' };

const DETAILS: Readonly<Record<string, string>> = {
  'entity.parse.failed': 'the body is not valid JSON',
  'entity.too.large': 'the body may have at most 64 KiB',
  'charset.unsupported': 'send JSON in UTF-8',
  'encoding.unsupported': 'send the body uncompressed, or compressed with gzip',
  'request.size.invalid': 'the length of the body differs from Content-Length',
};

/** Responds to requests that match no route. */
export const unknownPath: RequestHandler = (_request, response) => {
  response.status(404).json({ error: 'Not Found', details: 'GET /api/openapi.json lists the available paths' });
};

/** Responds to failed requests with an error that the client can fix, and never with internals of the operator. */
export function failures(log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    // The client has closed the connection.
    if (response.closed) return;
    const { status, message, details } = requestErrorOf(error);
    if (status === 500) {
      // With its stack: every failure that a client or the cluster causes has another status.
      log.error('an HTTP request failed because of a bug: please report it with this line', {
        method: request.method,
        path: request.path,
        error,
      });
    }
    if (status === 503) response.setHeader('Retry-After', '5');
    response.status(status).json({ error: message, ...(details === undefined ? {} : { details }) });
  };
}

function requestErrorOf(error: unknown): RequestError {
  if (error instanceof RequestError) return error;
  const { type, status }: UnreadableRequest = typeof error === 'object' && error !== null ? error : {};
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new RequestError(status, REASONS[status] ?? 'Bad Request', typeof type === 'string' ? DETAILS[type] : undefined);
  }
  return new RequestError(500, 'Internal Server Error');
}

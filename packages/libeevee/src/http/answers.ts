import type { IncomingMessage, ServerResponse } from 'node:http';
import { reasonOf } from '../errors.ts';
import { log } from '../log/log.ts';

/** Name of the HTTP server in logs. */
export const PRODUCER = 'http';

/** Sends a whole answer. */
export function send(response: ServerResponse, status: number, { type, text }: { readonly type: string; readonly text: string }): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) }).end(text);
}

export function sendJson(response: ServerResponse, status: number, body: object): void {
  send(response, status, { type: 'application/json; charset=utf-8', text: JSON.stringify(body) });
}

export function sendNotFound(response: ServerResponse): void {
  sendJson(response, 404, { error: 'Not found' });
}

/** Answers a request that failed: with the reason if the request is invalid; otherwise that is logged, and the answer shows nothing of it. */
export function sendFailure(error: unknown, request: IncomingMessage & { readonly path?: string }, response: ServerResponse): void {
  const status = statusOf(error);
  if (status < 500 && !response.headersSent) return sendJson(response, status, { error: reasonOf(error) });
  log.error('request failed', { producer: PRODUCER, path: request.path ?? request.url, error });
  if (!response.headersSent) sendJson(response, 500, { error: 'Internal server error' });
  // The client must not take the part that it has for the whole.
  else if (!response.writableEnded) request.socket.destroy();
}

/** Body parsers and routers set a status when a request is invalid. */
function statusOf(error: unknown): number {
  let status: unknown;
  try {
    status = Reflect.get(Object(error), 'status');
  } catch {
    // A thrown value may itself throw when it is read.
    return 500;
  }
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}

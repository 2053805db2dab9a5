import type { IncomingMessage, ServerResponse } from 'node:http';
import { register } from '../metrics/registry.ts';
import { processState } from '../process-state.ts';
import { send, sendFailure, sendJson } from './answers.ts';

/** The part of a client that `/health` reads. */
export interface HealthClient {
  isClosed(): boolean;
  /** Subjects that NATS no longer permits. */
  readonly revokedSubjects?: readonly string[];
}

/** The state of a module that its routes report. */
export interface ModuleState {
  /** Name in responses. */
  readonly serviceName: string;
  /** Read at each request, so an array may be filled later; while it is empty, the module is unhealthy. */
  readonly natsClients?: HealthClient | readonly HealthClient[];
  /** Reason why the module is not ready yet, `undefined` once it is: `/health` and `/readyz` answer 503 until then. */
  readonly notReady?: () => string | undefined;
}

/** Paths of the routes that every module has. */
export type StatePath = '/health' | '/readyz' | '/livez' | '/metrics';

/** As Express matches paths: whatever their case, with or without a slash at the end. A proxy sends the host as well. */
const STATE_URL = /^(?:https?:\/\/[^/?#]*)?(\/(?:health|readyz|livez|metrics))\/?(?:[?#]|$)/i;

/** The route that the request is for, if every module has it. */
export function statePathOf({ method, url = '' }: IncomingMessage): StatePath | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  return STATE_URL.exec(url)?.[1]?.toLowerCase() as StatePath | undefined;
}

/** Answers on one of the routes that every module has. */
export function answerState(path: StatePath, state: ModuleState, { request, response }: Exchange): void {
  try {
    answer(path, state, { request, response });
  } catch (error) {
    // Clients and `notReady` may be code of the module.
    sendFailure(error, request, response);
  }
}

function answer(path: StatePath, state: ModuleState, { request, response }: Exchange): void {
  switch (path) {
    case '/livez':
      return sendHealth(response, state, undefined);
    case '/readyz':
      return sendHealth(response, state, processState.stopping ? 'stopping' : unhealthyReason(state));
    case '/health':
      return sendHealth(response, state, unhealthyReason(state));
    case '/metrics':
      register.metrics().then(
        (text) => send(response, 200, { type: register.contentType, text }),
        (error: unknown) => sendFailure(error, request, response),
      );
  }
}

/** A request and its response. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

function sendHealth(response: ServerResponse, { serviceName }: ModuleState, reason: string | undefined): void {
  const timestamp = new Date().toISOString();
  if (reason === undefined) sendJson(response, 200, { status: 'ok', timestamp, service: serviceName });
  else sendJson(response, 503, { status: 'unhealthy', reason, timestamp, service: serviceName });
}

/** Reason why a module is not healthy; `undefined` when it is. */
function unhealthyReason({ natsClients, notReady }: ModuleState): string | undefined {
  const clients = clientsOf(natsClients);
  if (clients !== undefined && (clients.length === 0 || clients.some((client) => client.isClosed()))) return 'NATS disconnected';
  const [revoked] = clients?.flatMap(({ revokedSubjects = [] }) => revokedSubjects) ?? [];
  return revoked === undefined ? notReady?.() : `NATS no longer permits to subscribe to ${revoked}`;
}

function clientsOf(clients: ModuleState['natsClients']): readonly HealthClient[] | undefined {
  return clients === undefined || !('isClosed' in clients) ? clients : [clients];
}

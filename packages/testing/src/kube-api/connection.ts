import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';

/** Response of the API server; a body that is not JSON is undefined. */
export interface ApiResponse {
  readonly code: number;
  readonly body: unknown;
}

/** A request besides its path; default: a GET of JSON. */
export interface ApiRequest {
  readonly method?: 'GET' | 'PATCH' | 'DELETE';
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: string;
}

/** A paused server does not answer. */
const TIMEOUT_MS = 10_000;

/** Connection to an API server with the credentials of a kubeconfig. */
export class ApiConnection {
  readonly #server: string;
  readonly #agent: Agent;

  /** @param kubeconfig path of one that {@link writeKubeconfig} wrote. */
  constructor(kubeconfig: string) {
    const { clusters, users } = JSON.parse(readFileSync(kubeconfig, 'utf8')) as {
      readonly clusters: readonly { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } }[];
      readonly users: readonly { readonly user: { readonly 'client-certificate-data': string; readonly 'client-key-data': string } }[];
    };
    const decoded = (text = '') => Buffer.from(text, 'base64');
    this.#server = clusters[0]?.cluster.server ?? '';
    this.#agent = new Agent({
      keepAlive: true,
      ca: decoded(clusters[0]?.cluster['certificate-authority-data']),
      cert: decoded(users[0]?.user['client-certificate-data']),
      key: decoded(users[0]?.user['client-key-data']),
    });
  }

  /** Resolves to `undefined` if there is no response. */
  send(
    path: string,
    { method = 'GET', accept = 'application/json', contentType = 'application/json', body }: ApiRequest = {},
  ): Promise<ApiResponse | undefined> {
    return new Promise((resolve) => {
      const headers = { accept, ...(body !== undefined && { 'content-type': contentType, 'content-length': Buffer.byteLength(body) }) };
      const sent = request(this.#server + path, { agent: this.#agent, method, headers, timeout: TIMEOUT_MS }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.once('error', () => resolve(undefined));
        response.once('end', () => resolve({ code: response.statusCode ?? 0, body: parsed(text) }));
      });
      sent.once('error', () => resolve(undefined));
      sent.once('timeout', () => sent.destroy());
      sent.end(body);
    });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A truncated response, or one that is not from the API server.
    return undefined;
  }
}

import { Agent, request } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import type { ControlPlane } from '@eeveebot/testing';

/** Number of attempts of a request whose connection broke, and the delay between them; also for a watch that has ended. */
const ATTEMPTS = 5;
const RETRY_MS = 100;

/** An object as reported by a watch: its metadata and all other fields. */
export interface Seen {
  readonly metadata: { readonly name: string; readonly generation?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

interface Kubeconfig {
  readonly users: readonly { readonly user: { readonly 'client-certificate-data': string; readonly 'client-key-data': string } }[];
  readonly clusters: readonly { readonly cluster: { readonly 'certificate-authority-data': string } }[];
}

/** Plain, concurrent requests to the API server: `kubectl` would be slower than the measured programs. */
export class Api {
  readonly #url: string;
  readonly #agent: Agent;

  private constructor(url: string, agent: Agent) {
    this.#url = url;
    this.#agent = agent;
  }

  static async of(kube: ControlPlane): Promise<Api> {
    const { users, clusters } = JSON.parse(await kube.kubectl(['config', 'view', '--raw', '-o', 'json'])) as Kubeconfig;
    const decoded = (text = '') => Buffer.from(text, 'base64');
    const agent = new Agent({
      keepAlive: true,
      maxSockets: 48,
      cert: decoded(users[0]?.user['client-certificate-data']),
      key: decoded(users[0]?.user['client-key-data']),
      ca: decoded(clusters[0]?.cluster['certificate-authority-data']),
    });
    return new Api(kube.url, agent);
  }

  /**
   * Sends a request, and retries it when its connection broke, as idle ones do.
   *
   * @throws Error when the response is not 2xx.
   */
  async send(method: string, path: string, body?: object): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(method, path, body);
      } catch (error) {
        if (!isBroken(error) || attempt === ATTEMPTS) throw error;
        await pause(RETRY_MS);
      }
    }
  }

  async #once(method: string, path: string, body: object | undefined): Promise<void> {
    const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    await new Promise<void>((resolve, reject) => {
      const sent = request(`${this.#url}${path}`, { method, agent: this.#agent, headers: { 'Content-Type': contentType } }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.once('error', reject);
        answer.once('end', () => {
          const { statusCode = 0 } = answer;
          // The first attempt, whose response was lost, has created it already.
          if (statusCode < 300 || (method === 'POST' && statusCode === 409)) resolve();
          else reject(new Error(`${method} ${path}: ${statusCode} ${text}`));
        });
      });
      sent.once('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /**
   * Calls `onSeen` with each object of a collection and each of its changes, until `signal` is aborted. The API server ends watches at any
   * time: each is followed by another, which begins with all current objects.
   */
  watch(path: string, given: { signal: AbortSignal; metadataOnly?: boolean }, onSeen: (seen: Seen) => void): void {
    void this.#watchOn(path, given, onSeen);
  }

  async #watchOn(path: string, given: { signal: AbortSignal; metadataOnly?: boolean }, onSeen: (seen: Seen) => void): Promise<void> {
    while (!given.signal.aborted) {
      await this.#watchOnce(path, given, onSeen);
      await pause(RETRY_MS);
    }
  }

  /** Resolves when the watch has ended for any reason. */
  async #watchOnce(
    path: string,
    { signal, metadataOnly = false }: { signal: AbortSignal; metadataOnly?: boolean },
    onSeen: (seen: Seen) => void,
  ): Promise<void> {
    const accept = metadataOnly ? 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' : 'application/json';
    await new Promise<void>((resolve) => {
      const ended = () => resolve();
      const sent = request(`${this.#url}${path}?watch=true`, { agent: this.#agent, signal, headers: { Accept: accept } }, (answer) => {
        let rest = '';
        answer.once('error', ended).once('close', ended);
        answer.setEncoding('utf8').on('data', (part: string) => {
          const lines = (rest + part).split('\n');
          rest = lines.pop() ?? '';
          for (const { type, object } of lines.map((line) => JSON.parse(line) as { type: string; object: Seen })) {
            if (type === 'ADDED' || type === 'MODIFIED') onSeen(object);
          }
        });
      });
      sent.once('error', ended);
      sent.end();
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

const isBroken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['ECONNRESET', 'EPIPE', 'ECONNREFUSED'].includes(String(error.code));

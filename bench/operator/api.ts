import { Agent, request } from 'node:https';
import type { ControlPlane } from '@eeveebot/testing';

/** An object as a watch tells it: its metadata, and whatever else it has. */
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

/** Plain requests to the API server, many at once: `kubectl` would be slower than what is measured. */
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

  /** @throws Error when the answer is none of success. */
  async send(method: string, path: string, body?: object): Promise<void> {
    const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    await new Promise<void>((resolve, reject) => {
      const sent = request(`${this.#url}${path}`, { method, agent: this.#agent, headers: { 'Content-Type': contentType } }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.once('end', () => {
          if ((answer.statusCode ?? 0) < 300) resolve();
          else reject(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
        });
      });
      sent.once('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Calls `onSeen` with each object of a collection as it changes; ends with `signal`. */
  watch(
    path: string,
    { signal, metadataOnly = false }: { signal: AbortSignal; metadataOnly?: boolean },
    onSeen: (seen: Seen) => void,
  ): void {
    const accept = metadataOnly ? 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' : 'application/json';
    const sent = request(`${this.#url}${path}?watch=true`, { agent: this.#agent, signal, headers: { Accept: accept } }, (answer) => {
      let rest = '';
      answer.on('error', ignoreEnd(signal));
      answer.setEncoding('utf8').on('data', (part: string) => {
        const lines = (rest + part).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) onSeen((JSON.parse(line) as { object: Seen }).object);
      });
    });
    sent.on('error', ignoreEnd(signal));
    sent.end();
  }

  close(): void {
    this.#agent.destroy();
  }
}

function ignoreEnd(signal: AbortSignal): (error: Error) => void {
  return (error) => {
    if (!signal.aborted) throw error;
  };
}

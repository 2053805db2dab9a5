import { setTimeout as pause } from 'node:timers/promises';
import type { ApiServerProxy, Fault } from '../controller/api-server-proxy.ts';

/** Requests of the operator to the API server, as a proxy sees them. */
interface Request {
  readonly method: string;
  readonly url: string;
}
type Url = Pick<Request, 'url'>;

/** Time within which each watch that begins is refused once, because its version is gone. */
const EXPIRY_MS = 2_000;

const pathOf = ({ url }: Url): string => url.split('?')[0] ?? '';
const isWatch = ({ url }: Url): boolean => url.includes('watch=');
/** A resource of a write, such as `deployments` in `/apis/apps/v1/namespaces/bots/deployments/echo`. */
const concerns = (request: Request, resource: string): boolean =>
  request.method !== 'GET' && pathOf(request).split('/').includes(resource) && !pathOf(request).endsWith('/status');

/** Troubles between an operator and its API server, each for a while. */
export class ApiDisturbances {
  readonly #proxy: ApiServerProxy;
  readonly #laggingUntil = new Map<string, number>();
  readonly #refusedUntil = new Map<string, { readonly untilMs: number; readonly code: 403 | 422 }>();
  #outUntilMs = 0;
  #expiringUntilMs = 0;
  /** Paths whose watch has been refused already: its client lists them again, and watches from there. */
  #expired = new Set<string>();

  constructor(proxy: ApiServerProxy) {
    this.#proxy = proxy;
    proxy.faultFor = (request) => this.#faultFor(request);
    proxy.passing = (request) => this.#whileLagging(request);
  }

  /** Delays changes of one resource, while those of the others arrive at once. @param resource such as `pods`. */
  lag(resource: string, ms: number): void {
    this.#laggingUntil.set(resource, Date.now() + ms);
  }

  /** Refuses writes of one resource, as an admission policy does. */
  refuse(resource: string, { ms, code }: { readonly ms: number; readonly code: 403 | 422 }): void {
    this.#refusedUntil.set(resource, { untilMs: Date.now() + ms, code });
  }

  /** Ends all connections and accepts none, as an API server that restarts. */
  outage(ms: number): void {
    this.#outUntilMs = Date.now() + ms;
    this.#proxy.cut();
  }

  /** Ends all connections; watches cannot continue where they were, as after a compaction of etcd. */
  expireWatches(): void {
    this.#expired = new Set();
    this.#expiringUntilMs = Date.now() + EXPIRY_MS;
    this.#proxy.cut();
  }

  /** Awaited before a request is forwarded. @throws Error during an outage. */
  arriving(): void {
    if (Date.now() < this.#outUntilMs) throw new Error('the API server does not respond');
  }

  /** Ends all troubles. */
  calm(): void {
    this.#laggingUntil.clear();
    this.#refusedUntil.clear();
    this.#outUntilMs = 0;
    this.#expiringUntilMs = 0;
  }

  #faultFor(request: Request): Fault | undefined {
    if (isWatch(request) && Date.now() < this.#expiringUntilMs && !this.#expired.has(pathOf(request))) {
      this.#expired.add(pathOf(request));
      return fault(410, 'Expired', 'too old resource version');
    }
    for (const [resource, { untilMs, code }] of this.#refusedUntil) {
      if (Date.now() < untilMs && concerns(request, resource))
        return fault(
          code,
          code === 403 ? 'Forbidden' : 'Invalid',
          `${resource} are refused by ValidatingAdmissionPolicy 'simulated': not now`,
        );
    }
    return undefined;
  }

  async #whileLagging(request: Url): Promise<void> {
    const resource = isWatch(request) ? pathOf(request).split('/').at(-1) : undefined;
    if (resource === undefined) return;
    for (;;) {
      const leftMs = (this.#laggingUntil.get(resource) ?? 0) - Date.now();
      if (leftMs <= 0) return;
      await pause(leftMs);
    }
  }
}

const fault = (status: number, reason: string, message: string): Fault => ({
  status,
  body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status, reason, message },
});

import type { Log } from '../../telemetry/log.ts';
import type { Client } from '../api/client.ts';
import { ApiError, ConnectionError } from '../errors.ts';
import type { ResourceType } from '../objects/resource-type.ts';
import { isNewerVersion } from '../objects/resource-version.ts';

/** A watch that the server neither ended nor wrote to: the connection is dead, but other connections may work. */
export class SilentWatchError extends ConnectionError {}

/**
 * Detects that the API server's data was restored to an older state, for one type. A watch that starts at a version that the server has
 * not reached yet is accepted, and silently omits all changes up to that version.
 *
 * @see https://kubernetes.io/docs/tasks/administer-cluster/configure-upgrade-etcd/#restoring-an-etcd-cluster
 */
export class ServerHistory {
  readonly #type: ResourceType;
  readonly #client: Client;
  readonly #namespace: string | undefined;
  readonly #log: Log;
  /** Whether the server was down, as it is during a restore of etcd, since its version was last compared. */
  #isInDoubt = false;

  constructor(given: { readonly type: ResourceType; readonly client: Client; readonly namespace: string | undefined; readonly log: Log }) {
    this.#type = given.type;
    this.#client = given.client;
    this.#namespace = given.namespace;
    this.#log = given.log;
  }

  /** Records the failure of a list or a watch. */
  failed(error: unknown): void {
    if (error instanceof SilentWatchError) return;
    // 429 is also the response of an API server that shuts down: it may be the only one before the server is back.
    if (!(error instanceof ApiError) || error.code === 429 || error.code >= 500) this.#isInDoubt = true;
  }

  /**
   * Compares the version at which a watch starts with the newest one of the server, beside the watch. Sends a request only after a failure
   * that may have been an outage.
   *
   * @param given.signal aborted when the watch ends: the next watch is then checked instead.
   * @param end ends the watch: with 410 if the data was set back, or because the versions could not be compared.
   */
  check(
    { resourceVersion, signal }: { readonly resourceVersion: string; readonly signal: AbortSignal },
    end: (reason: unknown) => void,
  ): void {
    if (this.#isInDoubt) this.#compare(resourceVersion, signal).catch(end);
  }

  async #compare(resourceVersion: string, signal: AbortSignal): Promise<void> {
    // Without a resourceVersion in the request, the response is as new as the newest write.
    const newest = await this.#client.list(this.#type, { namespace: this.#namespace, limit: 1, signal });
    if (signal.aborted) return;
    this.#isInDoubt = false;
    if (!isNewerVersion(resourceVersion, newest.resourceVersion)) return;
    this.#log.info(`the data of the API server was restored to an older state: relisting ${this.#type.plural}`);
    throw new ApiError('the version at which the watch started does not exist', { code: 410, reason: 'Expired' });
  }
}

import type { KubeObject } from '../controller/objects/kube-object.ts';
import type { Reading } from '../telemetry/resource-metrics.ts';

/** Number of restarts of modules over HTTP. */
export class RestartCounts {
  /** By uid. */
  readonly #counts = new Map<string, number>();

  count({ metadata }: KubeObject): void {
    const { uid = '' } = metadata;
    this.#counts.set(uid, (this.#counts.get(uid) ?? 0) + 1);
  }

  /** Counts of the modules that exist, 0 without a restart; the counts of all others are removed. */
  readings(modules: readonly KubeObject[]): readonly Reading[] {
    const uids = new Set(modules.map(({ metadata }) => metadata.uid));
    for (const uid of this.#counts.keys()) if (!uids.has(uid)) this.#counts.delete(uid);
    return modules.map(({ metadata: { uid = '', namespace = '', name } }) => ({ namespace, name, value: this.#counts.get(uid) ?? 0 }));
  }
}

import type { KubeObject } from '../../controller/objects/kube-object.ts';
import type { Reading } from '../resource-metrics.ts';

/** Number of restarts of modules over HTTP. */
export class RestartCounts {
  readonly #counts = new Map<string, { readonly namespace: string; readonly name: string; count: number }>();

  count({ metadata }: KubeObject): void {
    const { uid = '', namespace = '', name } = metadata;
    const known = this.#counts.get(uid) ?? { namespace, name, count: 0 };
    known.count += 1;
    this.#counts.set(uid, known);
  }

  /** Counts of the modules that still exist; the others are removed. */
  readings(exists: (uid: string) => boolean): readonly Reading[] {
    for (const uid of this.#counts.keys()) if (!exists(uid)) this.#counts.delete(uid);
    return [...this.#counts.values()].map(({ namespace, name, count }) => ({ namespace, name, value: count }));
  }
}

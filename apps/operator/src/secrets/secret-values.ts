import type { Writer } from '../controller/apply/writer.ts';
import type { ObjectKey } from '../controller/objects/object-key.ts';
import { setBounded } from '../controller/set-bounded.ts';
import { CONFIG_MAP, SECRET, type ConfigMap, type Secret } from '../resource-types/kubernetes.ts';

/** Dependencies of a read. Values are read from the API server, because the cache never holds them. */
export interface ReadDeps {
  readonly writer: Pick<Writer, 'read'>;
  readonly signal: AbortSignal;
}

/** Maximum number of Secrets whose values are kept. The oldest are evicted, so deleted Secrets make room. */
const REMEMBERED = 1_000;

type Values = Readonly<Record<string, string>>;

/** Keys are chosen by users: a missing key such as `constructor` must not be found in the prototype of an object. */
const valuesOf = (entries: Iterable<readonly [key: string, value: string]>): Values => {
  const values = Object.create(null) as Record<string, string>;
  for (const [key, value] of entries) values[key] = value;
  return values;
};

/**
 * Reads the values of Secrets. Keeps the last values of each Secret with the resourceVersion at which they
 * were read, so that an unchanged Secret is not read again.
 */
export class SecretValues {
  readonly #read = new Map<string, { readonly version: string; readonly values: Values }>();

  /**
   * Values by key, decoded as UTF-8.
   *
   * @param known the Secret's metadata from the cache.
   * @returns undefined if the Secret is gone.
   */
  async of(known: Secret, { writer, signal }: ReadDeps): Promise<Values | undefined> {
    const { namespace = '', name, uid = '', resourceVersion: version = '' } = known.metadata;
    const held = this.#read.get(uid);
    if (held?.version === version) return held.values;
    const secret = await writer.read(SECRET, { namespace, name }, signal);
    if (secret === undefined) {
      this.#read.delete(uid);
      return undefined;
    }
    return this.remember(secret);
  }

  /** Keeps the server's response to a write, so that it need not be read again. */
  remember({ metadata, data = {} }: Secret): Values {
    const values = valuesOf(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]));
    setBounded(this.#read, [metadata.uid ?? '', { version: metadata.resourceVersion ?? '', values }], REMEMBERED);
    return values;
  }
}

/** The text under `key` of a ConfigMap; undefined if the ConfigMap or the key is missing. */
export async function configMapValue(at: ObjectKey, key: string, { writer, signal }: ReadDeps): Promise<string | undefined> {
  const configMap: ConfigMap | undefined = await writer.read(CONFIG_MAP, at, signal);
  return valuesOf(Object.entries(configMap?.data ?? {}))[key];
}

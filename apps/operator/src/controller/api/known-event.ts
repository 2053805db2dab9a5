import type { KubeObject } from '../objects/kube-object.ts';

/** One line of a watch. */
export type WatchEvent<T extends KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: T }
  | { readonly type: 'ERROR'; readonly object: { readonly code?: number; readonly reason?: string; readonly message?: string } };

const TYPE = '{"type":"';
const VERSION = '"resourceVersion":"';

/**
 * The event of a line of a watch, made without parsing the line, if its object is known in this version: the response to a write
 * contained it. `undefined` if it must be parsed.
 *
 * Quotes inside of texts are escaped, so the first match is a field. It may be one of the labels; hence the comparison of the uid.
 */
export function knownEvent<T extends KubeObject>(
  line: string,
  known: ((resourceVersion: string) => T | undefined) | undefined,
): WatchEvent<T> | undefined {
  const type = (['ADDED', 'MODIFIED'] as const).find((name) => line.startsWith(name, TYPE.length));
  const at = line.indexOf(VERSION);
  if (known === undefined || type === undefined || at === -1 || !line.startsWith(TYPE)) return undefined;
  const start = at + VERSION.length;
  const object = known(line.slice(start, line.indexOf('"', start)));
  const uid = object?.metadata.uid;
  return object !== undefined && uid !== undefined && line.includes(`"uid":"${uid}"`) ? { type, object } : undefined;
}

import type { ObjectKey } from './types.ts';

/** A key as text for queues: `namespace/name`. */
export const keyText = ({ namespace, name }: ObjectKey): string => `${namespace}/${name}`;

/** Inverse of {@link keyText}. */
export function parseKey(text: string): ObjectKey {
  const slash = text.indexOf('/');
  return { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}

/** Identifies a namespaced object of a known kind. */
export interface ObjectKey {
  readonly namespace: string;
  readonly name: string;
}

/** A key as text for queues: `namespace/name`. */
export const keyText = ({ namespace, name }: ObjectKey): string => `${namespace}/${name}`;

/** Inverse of {@link keyText}. */
export function parseKey(text: string): ObjectKey {
  const slash = text.indexOf('/');
  return { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}

import type { ObjectKey } from './types.ts';

/** A key as the text that queues hold: `namespace/name`. */
export const keyText = ({ namespace, name }: ObjectKey): string => `${namespace}/${name}`;

/** The key that {@link keyText} gave this text for. */
export function parseKey(text: string): ObjectKey {
  const slash = text.indexOf('/');
  return { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}

import { MODULE_HEADER } from '@eeveebot/contract';
import type { Msg } from 'nats';

/** The payload of a message; `undefined` when it is not JSON. */
export function payloadOf(msg: Msg): unknown {
  try {
    return msg.json();
  } catch {
    return undefined;
  }
}

/** A field of a payload; empty when it is not a text. */
export const textIn = (payload: unknown, field: string): string => {
  const value: unknown = Reflect.get(Object(payload), field);
  return typeof value === 'string' ? value : '';
};

export const headerOf = ({ headers }: Msg, name: string): string | undefined => headers?.get(name) || undefined;

/** The module that sent a registration, if it says so. Its name is kept and logged, so it is bounded. */
export const moduleOf = (msg: Msg): string | undefined => headerOf(msg, MODULE_HEADER)?.slice(0, 200);

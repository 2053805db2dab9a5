import type { Call } from '@eeveebot/libeevee/routing';

/** Time for another replica to accept a call, in milliseconds. */
export const ANSWER_MS = 3_000;

/**
 * Maximum age of a call that is accepted, in milliseconds: after that, its sender has decided about it. Less than {@link ANSWER_MS},
 * because clocks differ.
 */
const ACCEPT_MS = 2_500;

/** A call that one replica passes to another. */
export interface Handed {
  readonly call: Call;
  /** By the clock of the sender, in milliseconds since 1970. */
  readonly sentMs: number;
  /** Identity of the message with the call, for a connector that asks which messages were taken. */
  readonly message?: string;
}

/** Whether all these fields of a payload are texts. */
export const hasTexts = (value: unknown, fields: readonly string[]): boolean =>
  fields.every((field) => typeof Reflect.get(Object(value), field) === 'string');

/** Whether a payload has the required fields: any client may publish on these subjects. */
export function isHanded(payload: unknown): payload is Handed {
  const call: unknown = Reflect.get(Object(payload), 'call');
  const message: unknown = Reflect.get(Object(call), 'message');
  return (
    Number.isFinite(Reflect.get(Object(payload), 'sentMs')) &&
    hasTexts(call, ['commandUUID']) &&
    hasTexts(message, ['platform', 'instance', 'channel', 'user', 'nick', 'text'])
  );
}

/** Whether the sender of a call still waits. A time in the future does not show how old the call is. */
export const isTimely = (sentMs: number, nowMs: number): boolean => Math.abs(nowMs - sentMs) <= ACCEPT_MS;

import type { OutgoingKind } from '@eeveebot/contract';
import { type ByteLength, roomForText, splitLine, textLines } from './line-splitting.ts';

export type { OutgoingKind };

/** A text to send. */
export interface Outgoing {
  readonly kind: OutgoingKind;
  /** Channel or nick. */
  readonly target: string;
  readonly text: string;
}

/** A space or control character would begin another parameter or line, a comma another target, a colon the text. */
const TARGET = /^[^\s:,\p{Cc}][^\s,\p{Cc}]*$/u;

/** Longer than names are on any network: with a longer one, there would be no space for the text in a line. */
const MAX_TARGET_BYTES = 250;

/** Whether a text is one channel or nick. */
export const isTarget = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= MAX_TARGET_BYTES && Buffer.byteLength(value) <= MAX_TARGET_BYTES && TARGET.test(value);

/** Whether a text can be the name of a channel. `0` cannot: `JOIN 0` leaves all channels. */
export const isChannelName = (value: unknown): value is string => isTarget(value) && value !== '0';

/** Bytes around the text of an action. */
const ACTION_BYTES = '\u0001ACTION \u0001'.length;

/**
 * The protocol lines of a text, each short enough to be delivered whole.
 *
 * @param given.prefix of the bot, as others see it.
 * @param given.most maximum number of lines; the rest of the text is not read.
 * @example
 * outgoingLines({ kind: 'message', target: '#eevee', text: 'hi\nho' }, { prefix: 'eevee!bot@host' }); // ['PRIVMSG #eevee :hi', 'PRIVMSG #eevee :ho']
 */
export function outgoingLines(
  { kind, target, text }: Outgoing,
  { most = Infinity, ...given }: { readonly prefix: string; readonly byteLength?: ByteLength; readonly most?: number },
): string[] {
  const command = kind === 'notice' ? 'NOTICE' : 'PRIVMSG';
  const enclosed = kind === 'action' ? ACTION_BYTES : 0;
  const room = roomForText({ ...given, command, target, enclosed });
  const lines: string[] = [];
  for (const line of textLines(text)) {
    for (const part of splitLine(line, room, given.byteLength)) {
      if (lines.length >= most) return lines;
      lines.push(`${command} ${target} :${kind === 'action' ? `\u0001ACTION ${part}\u0001` : part}`);
    }
  }
  return lines;
}

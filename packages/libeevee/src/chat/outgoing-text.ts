import { ERROR_CODES, EeveeError } from '../errors.ts';
import { carriedFormats } from '../irc/carried-formats.ts';

/** Destination of a message and the user it is sent for: every field that a connector may write into a line of its protocol. */
export type OutgoingAddress = Readonly<Record<string, unknown>>;

/** Characters that end a line, or the text, in chat protocols: the network would read the rest as a command. */
const LINE_END = /\r\n|[\r\n]/;
const ENDS_LINE = /[\r\n\0]/;

const kindOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'an array' : `of type ${typeof value}`);

const notSent = (problem: string): EeveeError => new EeveeError(ERROR_CODES.chatNotSent, `message was not sent: ${problem}`);

/**
 * Splits a text into the lines that are sent, without empty ones, so that no line of a text becomes a command of the chat network. Drops
 * NUL characters, which no network accepts. Colours and styles that are active at the end of a line continue on the next one. A text of a
 * single line is returned unchanged.
 *
 * @throws EeveeError `EEVEE_CHAT_NOT_SENT` when the text is not a string.
 * @example
 * outgoingLines('one\r\n\ntwo'); // ['one', 'two']
 */
export function outgoingLines(text: unknown): string[] {
  if (typeof text !== 'string') throw notSent(`its text must be a string, but is ${kindOf(text)}`);
  if (!ENDS_LINE.test(text)) return [text];
  const lines = text.replaceAll('\0', '').split(LINE_END);
  return carriedFormats(lines).filter((line) => line.trim() !== '');
}

/**
 * Checks that each field of an address is a string without line breaks.
 *
 * @param optional names of the fields that may be missing.
 * @throws EeveeError `EEVEE_CHAT_NOT_SENT` naming the field.
 * @example
 * checkAddress({ platform: 'irc', channel: '#eevee\r\nQUIT' }); // throws: channel must be on one line
 */
export function checkAddress(address: OutgoingAddress, optional: readonly string[] = []): void {
  for (const field in address) {
    const value = address[field];
    if ((value === undefined || value === null) && optional.includes(field)) continue;
    if (typeof value !== 'string') throw notSent(`${field} must be a string, but is ${kindOf(value)}`);
    if (ENDS_LINE.test(value)) throw notSent(`${field} must be on one line, without NUL`);
  }
}

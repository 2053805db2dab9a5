import { ERROR_CODES, EeveeError } from '../errors.ts';
import { carriedFormats } from '../irc/carried-formats.ts';

/** Where something goes, and on whose behalf: everything that a connector may write into a line of its protocol. */
export type OutgoingAddress = Readonly<Record<string, unknown>>;

/** They end a line, or the text, in the protocols of chat networks: what follows would be read as a command. */
const LINE_END = /\r\n|[\r\n]/;
const ENDS_LINE = /[\r\n\0]/;

const kindOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'an array' : `of type ${typeof value}`);

const notSent = (problem: string): EeveeError => new EeveeError(ERROR_CODES.chatNotSent, `message was not sent: ${problem}`);

/**
 * The lines in which a text is sent: one for each of its lines that holds anything, so that no line of a text becomes a command of the
 * chat network. NUL characters, which no network takes, are left out. Colours and styles that are on at the end of a line go on in the
 * next one. A text of a single line is returned as it is.
 *
 * @throws EeveeError `EEVEE_CHAT_NOT_SENT` when it is not a string.
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
 * Checks the fields of an address: each is a string on one line.
 *
 * @param optional names those that may be missing.
 * @throws EeveeError `EEVEE_CHAT_NOT_SENT` naming the field.
 * @example
 * checkAddress({ platform: 'irc', channel: '#eevee\r\nQUIT' }); // throws: channel must be on one line
 */
export function checkAddress(address: OutgoingAddress, optional: readonly string[] = []): void {
  for (const [field, value] of Object.entries(address)) {
    if ((value === undefined || value === null) && optional.includes(field)) continue;
    if (typeof value !== 'string') throw notSent(`${field} must be a string, but is ${kindOf(value)}`);
    if (ENDS_LINE.test(value)) throw notSent(`${field} must be on one line, without NUL`);
  }
}

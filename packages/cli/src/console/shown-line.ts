import { stripColorsAndStyle } from '@eeveebot/libeevee';
import { ansiFromIrc, visibleControls } from './irc-ansi.ts';

/** A line that the bot sent to the console. */
export interface Heard {
  readonly kind: 'message' | 'action' | 'notice';
  /** In a private message, the nick of the person. */
  readonly channel?: string;
  /** Nick that a notice is for. */
  readonly target?: string;
  readonly text: string;
}

/** The person who reads. */
export interface Reader {
  readonly nick: string;
  readonly channel: string;
  readonly botNick: string;
  /** Whether IRC formatting becomes that of the terminal; otherwise it is removed. */
  readonly isColoured: boolean;
}

/** Where something was said, if not in front of the reader. */
function place({ channel, target }: Heard, reader: Reader): string {
  if (target !== undefined) return target === reader.nick ? '' : `[to ${visibleControls(target)}] `;
  if (channel === undefined || channel === reader.channel) return '';
  return channel === reader.nick ? '[private] ' : `[${visibleControls(channel)}] `;
}

/**
 * Something that the bot sent, as a chat client shows it.
 *
 * @example
 * shownLine({ kind: 'message', channel: '#eevee', text: 'hello' }, reader); // '<eevee> hello'
 */
export function shownLine(heard: Heard, reader: Reader): string {
  const text = reader.isColoured ? ansiFromIrc(heard.text) : visibleControls(stripColorsAndStyle(heard.text));
  const { botNick } = reader;
  const said = { message: `<${botNick}> ${text}`, action: `* ${botNick} ${text}`, notice: `-${botNick}- ${text}` }[heard.kind];
  return place(heard, reader) + said;
}

/** Something that the user said, as others see it. */
export function saidLine(text: string, nick: string, how: { readonly action?: boolean; readonly private?: boolean }): string {
  return `${how.private === true ? '[private] ' : ''}${how.action === true ? `* ${nick} ${text}` : `<${nick}> ${text}`}`;
}

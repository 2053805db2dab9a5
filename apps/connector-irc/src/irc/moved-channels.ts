import type { Client } from 'irc-framework';
import { text } from './framework-events.ts';
import type { SessionHandlers } from './session-events.ts';

/** Without it, a server that renames a channel makes the bot leave it and join one that it does not want. */
export const CHANNEL_RENAME = 'draft/channel-rename';

/**
 * Follows renamed channels, and refuses to be forwarded to others.
 *
 * @see https://ircv3.net/specs/extensions/channel-rename
 */
export function movedChannels(client: Client, handlers: Pick<SessionHandlers, 'channelRenamed' | 'joinRefused'>): void {
  client.requestCap(CHANNEL_RENAME);
  client.command_handler.addHandler('RENAME', ({ params: [from, to] }) => {
    if (text(from) !== '' && text(to) !== '') handlers.channelRenamed(text(from), text(to));
  });
  // The server has put the bot into another channel, which is not wanted and is left again.
  client.on('channel_redirect', ({ from, to }) => handlers.joinRefused(text(from), `it forwards to ${text(to)}`));
}

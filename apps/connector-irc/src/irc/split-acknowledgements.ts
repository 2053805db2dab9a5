import type { Client } from 'irc-framework';

/**
 * Joins an acknowledgement of capabilities that a server sends in several lines, all but the last marked with `*`. `irc-framework` takes each
 * line for a whole one: without `sasl` in the first line, the login counts as impossible.
 *
 * @see https://ircv3.net/specs/extensions/capability-negotiation#the-cap-ack-subcommand
 */
export function joinAcknowledgements(client: Client): void {
  let begun: string[] = [];
  const handle = client.command_handler.handlers['CAP'];
  client.command_handler.addHandler('CAP', (command, handler) => {
    const [nick = '', subcommand = '', ...rest] = command.params;
    if (subcommand === 'ACK') {
      begun.push(rest.at(-1) ?? '');
      if (rest.length > 1 && rest[0] === '*') return;
      command.params = [nick, subcommand, begun.join(' ')];
      begun = [];
    }
    handle?.(command, handler);
  });
}

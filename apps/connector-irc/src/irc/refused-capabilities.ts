import type { Client } from 'irc-framework';
import { CHANNEL_RENAME } from './moved-channels.ts';
import { joinAcknowledgements } from './split-acknowledgements.ts';

/** Capabilities that the connector uses besides `sasl`: accounts, times, all modes of members, and new names of channels. */
const USED: ReadonlySet<string> = new Set(['account-tag', 'server-time', 'multi-prefix', CHANNEL_RENAME]);

/** Begin of the name of a capability in an offer: its value follows. */
const nameOf = (offer: string): string => offer.split('=', 1)[0] ?? '';

/**
 * A server refuses the whole request for one capability that it does not give. Requests `sasl` again by itself then, since the bot cannot log
 * in without it, instead of none; `requestAgain` does the same for the others.
 *
 * Requests only used ones of the capabilities that a server offers later (`cap-notify`). `irc-framework` would request all that it knows
 * and, if it knows none of them, send a request without a name, which some servers answer with an error.
 *
 * @see https://ircv3.net/specs/extensions/capability-negotiation#the-cap-nak-subcommand
 */
export function refusedCapabilities(client: Client): { readonly requestAgain: () => void } {
  let refused: readonly string[] = [];
  const { cap } = client.network;
  const handle = client.command_handler.handlers['CAP'];
  /** One line each: few, since flood control does not hold them back. */
  const request = (names: readonly string[]): void => {
    for (const name of names.filter((each) => USED.has(each) && !cap.isEnabled(each) && !cap.requested.includes(each))) {
      cap.requested.push(name);
      client.raw(`CAP REQ :${name}`);
    }
  };
  client.command_handler.addHandler('CAP', (command, handler) => {
    if (command.params[1] === 'NEW') return request((command.params.at(-1) ?? '').split(' ').map(nameOf));
    if (command.params[1] !== 'NAK' || !cap.negotiating || cap.requested.length <= 1) return handle?.(command, handler);
    // Not those of the line, which some servers cut.
    refused = cap.requested;
    const needsSasl = refused.includes('sasl');
    cap.requested = needsSasl ? ['sasl'] : [];
    cap.negotiating = needsSasl;
    client.raw(needsSasl ? 'CAP REQ :sasl' : 'CAP END');
  });
  joinAcknowledgements(client);
  return {
    /** Once the server has let the bot in. */
    requestAgain: () => {
      request(refused);
      refused = [];
    },
  };
}

import type { Client } from 'irc-framework';

/** Options whose value `irc-framework` splits into a list. Without a value it throws, and would ignore the rest of the line. */
const LISTS: ReadonlySet<string> = new Set(['CHANMODES', 'CHANTYPES', 'CLIENTTAGDENY', 'STATUSMSG']);

/**
 * Makes a client accept all options of a server: those without the value that they need are as if they were not sent, and those that the
 * server withdraws, such as `-STATUSMSG`, no longer apply.
 *
 * @param onCaseMapping called when the server has sent its case mapping, which may differ from the one until then.
 * @see https://modern.ircdocs.horse/#rplisupport-005
 */
export function serverOptions(client: Client, onCaseMapping: () => void): void {
  const { options } = client.network;
  const handle = client.command_handler.handlers['RPL_ISUPPORT'];
  client.command_handler.addHandler('RPL_ISUPPORT', (command, handler) => {
    const [nick = '', ...sent] = command.params;
    for (const option of sent) if (option.startsWith('-')) delete options[option.slice(1).toUpperCase()];
    command.params = [nick, ...sent.filter((option) => !option.startsWith('-') && !LISTS.has(option.toUpperCase()))];
    handle?.(command, handler);
    if (sent.some((option) => /^-?CASEMAPPING(?:=|$)/i.test(option))) onCaseMapping();
  });
}

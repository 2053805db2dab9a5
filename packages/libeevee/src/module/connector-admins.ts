import { SUBJECT } from '@eeveebot/contract';
import { queryUserModes } from '../chat/connector-queries.ts';
import { chatEvent } from './chat-event.ts';
import { type AnyCommandDefinition, isGroup } from './command-definition.ts';
import type { ModuleContext } from './contexts.ts';
import { ChannelAdmins } from './permissions/channel-admins.ts';
import type { AllowDeclaration } from './permissions/types.ts';

/** Events after which a nick may belong to another user, or the user may have other modes. */
const FORGOTTEN_AFTER: ReadonlySet<string> = new Set(['join', 'part', 'quit', 'kick', 'nick']);

const mayAsk = (allow: AllowDeclaration<never> | undefined): boolean => typeof allow === 'function' || allow?.channelAdmin === true;

/** Whether calls of a command may depend on the channel admins. */
const needsAdmins = (command: AnyCommandDefinition<never>): boolean =>
  mayAsk(command.allow) || (isGroup(command) && command.subcommands.some(({ allow }) => mayAsk(allow)));

function payloadOf(msg: { json(): unknown }): unknown {
  try {
    return msg.json();
  } catch {
    return undefined;
  }
}

/** The channel admins that a module's connectors report. Follows events of users only if a command depends on them. */
export async function channelAdmins<Config>(
  { name, nats, metrics, log }: ModuleContext<Config>,
  { commands, now }: { readonly commands: readonly AnyCommandDefinition<Config>[]; readonly now: () => number },
): Promise<ChannelAdmins> {
  const admins = new ChannelAdmins({
    now,
    ask: async ({ platform, instance, channel, nick }) =>
      (await queryUserModes(nats, platform, instance, channel, nick, { metrics, producer: name })).isChannelAdmin,
  });
  if (!commands.some(needsAdmins)) return admins;
  metrics.recordNatsSubscribe(SUBJECT.chatEvents);
  const subscription = await nats.subscribe(SUBJECT.chatEvents, (_subject, msg) => {
    const event = chatEvent(payloadOf(msg), new Date(now()));
    if (event === undefined || !FORGOTTEN_AFTER.has(event.eventType)) return;
    const { platform, instance, channel, nick, newNick } = event;
    for (const each of [nick, newNick])
      if (each !== undefined) admins.forget({ platform, instance, nick: each, channel: newNick === undefined ? channel : null });
  });
  // Another user may have the nick of an admin who left while NATS was disconnected.
  nats.on('reconnect', () => admins.forgetAll());
  if (subscription === false) log.warn('channel admins are cached for a minute even if they leave, because events cannot be received');
  return admins;
}

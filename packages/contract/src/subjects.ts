/**
 * NATS subjects of the chat protocol. A token must not hold what NATS reads as structure: a space,
 * a dot, `*`, `>`, or nothing at all.
 *
 * @see https://docs.nats.io/nats-concepts/subjects
 */

/** Controls and everything Unicode calls white space would split the protocol line or the token. */
const UNSAFE_IN_TOKEN = /[\s.*>\p{Cc}]/gu;

/**
 * `value` as one token of a subject. What NATS would misread becomes `_`; the payload carries the
 * true value, so a lossy token misleads nobody.
 *
 * @example
 * subjectToken('#my channel.*'); // '#my_channel__'
 * subjectToken(''); // '_'
 */
export function subjectToken(value: string): string {
  return value === '' ? '_' : value.replace(UNSAFE_IN_TOKEN, '_');
}

/**
 * `value` where subscribers spell it out as it is: connectors subscribe to
 * `chat.message.outgoing.<platform>.<instance>.>`, so a dot in an instance's name stays the token
 * separator that it is in their subscription. Everything else NATS would misread becomes `_`.
 *
 * @example
 * subjectPath('irc.libera chat'); // 'irc.libera_chat'
 */
export const subjectPath = (value: string): string => value.split('.').map(subjectToken).join('.');

/** Where a chat message came from or goes to. */
export interface ChatAddress {
  platform: string;
  network: string;
  instance: string;
  channel: string;
}

/** Subject a connector publishes a message on that somebody said. */
export const incomingMessageSubject = (from: ChatAddress & { user: string }): string =>
  `chat.message.incoming.${[from.platform, from.network, from.instance, from.channel, from.user].map(subjectToken).join('.')}`;

/** Subject a connector listens on for text to say. */
export const outgoingMessageSubject = (to: Pick<ChatAddress, 'platform' | 'instance' | 'channel'>): string =>
  `chat.message.outgoing.${subjectPath(to.platform)}.${subjectPath(to.instance)}.${subjectToken(to.channel)}`;

/** Subject a connector listens on for an action (`/me …`). */
export const outgoingActionSubject = (to: Pick<ChatAddress, 'platform' | 'instance' | 'channel'>): string =>
  `chat.action.outgoing.${subjectPath(to.platform)}.${subjectPath(to.instance)}.${subjectToken(to.channel)}`;

/** Subject of a connector's request/reply control channel. */
export const connectorControlSubject = (connector: Pick<ChatAddress, 'platform' | 'instance'>): string =>
  `control.chatConnectors.${subjectPath(connector.platform)}.${subjectPath(connector.instance)}`;

/** Subject on which the router delivers a command to the module that registered it. */
export const commandExecuteSubject = (commandUUID: string): string => `command.execute.${commandUUID}`;

/** Subject on which the router delivers a message to the module that registered the broadcast. */
export const broadcastMessageSubject = (broadcastUUID: string): string => `broadcast.message.${broadcastUUID}`;

/** Fixed subjects. */
export const SUBJECT = {
  commandRegister: 'command.register',
  commandUnregister: 'command.unregister',
  registerCommands: 'control.registerCommands',
  broadcastRegister: 'broadcast.register',
  broadcastUnregister: 'broadcast.unregister',
  registerBroadcasts: 'control.registerBroadcasts',
  helpUpdate: 'help.update',
  helpUpdateRequest: 'help.updateRequest',
  helpRemove: 'help.remove',
  statsUptime: 'stats.uptime',
  statsEmitRequest: 'stats.emit.request',
} as const;

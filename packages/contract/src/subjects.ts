/**
 * NATS subjects of the chat protocol. A token must not contain characters that are structure for NATS (a space,
 * a dot, `*`, `>`), and must not be empty.
 *
 * @see https://docs.nats.io/nats-concepts/subjects
 */

/** Control characters and Unicode white space would split the protocol line or the token. */
const UNSAFE_IN_TOKEN = /[\s.*>\p{Cc}]/gu;

/**
 * `value` as one token of a subject. Characters that are structure for NATS become `_`; the payload contains the
 * true value, so no receiver depends on the token.
 *
 * @example
 * subjectToken('#my channel.*'); // '#my_channel__'
 * subjectToken(''); // '_'
 */
export function subjectToken(value: string): string {
  return value === '' ? '_' : value.replace(UNSAFE_IN_TOKEN, '_');
}

/**
 * `value` where subscribers use it unchanged: connectors subscribe to
 * `chat.message.outgoing.<platform>.<instance>.>`, so a dot in an instance's name stays a token
 * separator, as in their subscription. Other characters that are structure for NATS become `_`.
 *
 * @example
 * subjectPath('irc.libera chat'); // 'irc.libera_chat'
 */
export const subjectPath = (value: string): string =>
  value.includes('.') ? value.split('.').map(subjectToken).join('.') : subjectToken(value);

/** Origin or destination of a chat message. */
export interface ChatAddress {
  platform: string;
  network: string;
  instance: string;
  channel: string;
}

/** Connectors of one instance. */
type Instance = Pick<ChatAddress, 'platform' | 'instance'>;

const instancePath = ({ platform, instance }: Instance): string => `${subjectPath(platform)}.${subjectPath(instance)}`;

/**
 * Subject on which a connector publishes a message from the chat network. Subscribers take {@link SUBJECT.incomingMessages} and read the
 * payload, not the subject.
 *
 * @example
 * incomingMessageSubject({ platform: 'irc', instance: 'main', channel: '#eevee', nick: 'fox' }); // 'chat.message.incoming.irc.main.#eevee.fox'
 */
export const incomingMessageSubject = (from: Instance & { channel: string; nick: string }): string =>
  `chat.message.incoming.${[from.platform, from.instance, from.channel, from.nick].map(subjectToken).join('.')}`;

/** Subject on which a connector listens for text to say in a channel. */
export const outgoingMessageSubject = (to: Instance & { channel: string }): string =>
  `chat.message.outgoing.${instancePath(to)}.${subjectToken(to.channel)}`;

/** Subject on which a connector listens for an action in a channel (`/me …`). */
export const outgoingActionSubject = (to: Instance & { channel: string }): string =>
  `chat.action.outgoing.${instancePath(to)}.${subjectToken(to.channel)}`;

/**
 * Subject on which a connector listens for notices: to a channel, or to one user if `channel` is omitted. A subscription with a
 * trailing `>` does not match the second form, so connectors subscribe to both.
 *
 * @example
 * outgoingNoticeSubject({ platform: 'irc', instance: 'main', channel: '#eevee' }); // 'chat.notice.outgoing.irc.main.#eevee'
 * outgoingNoticeSubject({ platform: 'irc', instance: 'main' }); // 'chat.notice.outgoing.irc.main'
 */
export const outgoingNoticeSubject = (to: Instance & { channel?: string }): string =>
  `chat.notice.outgoing.${instancePath(to)}${to.channel === undefined ? '' : `.${subjectToken(to.channel)}`}`;

/** A text to say in a channel, an action in one (`/me …`), or a notice. */
export type OutgoingKind = 'message' | 'action' | 'notice';

/**
 * Subscriptions of a connector to everything that it has to say on one connection, whatever the channel.
 *
 * @example
 * for (const { kind, subject } of outgoingSubjects({ platform: 'irc', instance: 'main' })) subscribe(subject, (payload) => say(kind, payload));
 */
export const outgoingSubjects = (connector: Instance): readonly { readonly kind: OutgoingKind; readonly subject: string }[] => [
  ...(['message', 'action', 'notice'] as const).map((kind) => ({ kind, subject: `chat.${kind}.outgoing.${instancePath(connector)}.>` })),
  // A trailing `>` does not match the subject of a notice to one user.
  { kind: 'notice', subject: outgoingNoticeSubject(connector) },
];

/**
 * Subject on which a connector publishes events: a user joined, left or was kicked. Subscribers take
 * {@link SUBJECT.chatEvents} and read the payload.
 *
 * @example
 * chatEventSubject({ platform: 'irc', instance: 'main', eventType: 'part' }); // 'chat.event.irc.main.part'
 */
export const chatEventSubject = (event: Instance & { eventType: string }): string =>
  `chat.event.${instancePath(event)}.${subjectToken(event.eventType)}`;

/** Subject of a connector's control channel: join, part, kick, and questions about channels and users. */
export const connectorControlSubject = (connector: Instance): string => `control.chatConnectors.${instancePath(connector)}`;

/** Subject on which replicas of a connector agree which of them holds a connection. */
export const connectorLockSubject = (connector: Instance): string => `control.connectorLocks.${instancePath(connector)}`;

/** Subject on which the router delivers a command to the module that registered it. The identity may be any string. */
export const commandExecuteSubject = (commandUUID: string): string => `command.execute.${subjectPath(commandUUID)}`;

/** Subject on which the router delivers a message to the module that registered the broadcast. */
export const broadcastMessageSubject = (broadcastUUID: string): string => `broadcast.message.${subjectPath(broadcastUUID)}`;

/** Subject on which the router delivers an event to the module that registered for it. */
export const eventMessageSubject = (eventUUID: string): string => `event.message.${subjectPath(eventUUID)}`;

const askSubject = (subject: string, name: string | undefined): string =>
  name === undefined ? subject : `${subject}.${subjectPath(name)}`;

/** Subject on which the router asks for all commands, or for those with a display name. */
export const registerCommandsSubject = (displayName?: string): string => askSubject(SUBJECT.registerCommands, displayName);

/** Subject on which the router asks for all broadcasts, or for those with a display name. */
export const registerBroadcastsSubject = (displayName?: string): string => askSubject(SUBJECT.registerBroadcasts, displayName);

/** Subject on which the router asks for all event registrations, or for those with a display name. */
export const registerEventsSubject = (displayName?: string): string => askSubject(SUBJECT.registerEvents, displayName);

/** Subject on which the help module asks for the help of all modules, or of one. */
export const helpUpdateRequestSubject = (module?: string): string => askSubject(SUBJECT.helpUpdateRequest, module);

/**
 * Subject on which the sender of confirmed messages listens for confirmations. Each message has a number of its own, and this subject with the
 * number as its reply subject, which identifies the message wherever it is sent again. Receivers that know nothing of it do not answer.
 *
 * @example
 * confirmationSubject('s1', 7); // '_INBOX.confirmations.s1.7'
 * confirmationSubject('s1'); // '_INBOX.confirmations.s1.*'
 */
export const confirmationSubject = (sender: string, number?: number): string => `${CONFIRMATIONS}${sender}.${number ?? '*'}`;

const CONFIRMATIONS = '_INBOX.confirmations.';

/** Sender and number of a message whose sender waits for a confirmation, from its reply subject; `undefined` for other messages. */
export function readConfirmationSubject(reply: string | undefined): { readonly sender: string; readonly number: number } | undefined {
  if (reply?.startsWith(CONFIRMATIONS) !== true) return undefined;
  const dot = reply.lastIndexOf('.');
  const number = Number(reply.slice(dot + 1));
  return Number.isSafeInteger(number) ? { sender: reply.slice(CONFIRMATIONS.length, dot), number } : undefined;
}

/** Subject on which a receiver answers which of a sender's messages it has. */
export const receiverSubject = (receiver: string): string => `control.receivers.${subjectToken(receiver)}`;

/** Header of a registration: the receiver that confirms what is sent to the registered subject. */
export const RECEIVER_HEADER = 'Eevee-Receiver';

/** Header of a registration: the module that it belongs to, which all its replicas and releases have in common. */
export const MODULE_HEADER = 'Eevee-Module';

/** Subject on which a replica of the router takes calls whose limit it counts. */
export const routerCallsSubject = (replica: string): string => `control.router.calls.${subjectToken(replica)}`;

/**
 * Subject on which each running replica of a module answers requests, so that one that stops knows whether another continues.
 *
 * @param module its name.
 */
export const modulePresenceSubject = (module: string): string => `control.modulePresence.${subjectPath(module)}`;

/**
 * Subject on which replicas of a module agree which of them runs a schedule.
 *
 * @param module its name.
 */
export const moduleSchedulesSubject = (module: string): string => `control.moduleSchedules.${subjectPath(module)}`;

/** Fixed subjects. */
export const SUBJECT = {
  /** Every message from a chat network. */
  incomingMessages: 'chat.message.incoming.>',
  /** Every event in a channel besides messages. */
  chatEvents: 'chat.event.>',
  /** Requests to all connectors; each connector listens on {@link connectorControlSubject}. */
  connectorControls: 'control.chatConnectors.>',
  commandRegister: 'command.register',
  commandUnregister: 'command.unregister',
  registerCommands: 'control.registerCommands',
  broadcastRegister: 'broadcast.register',
  broadcastUnregister: 'broadcast.unregister',
  registerBroadcasts: 'control.registerBroadcasts',
  eventRegister: 'event.register',
  eventUnregister: 'event.unregister',
  registerEvents: 'control.registerEvents',
  helpUpdate: 'help.update',
  helpUpdateRequest: 'help.updateRequest',
  helpRemove: 'help.remove',
  statsUptime: 'stats.uptime',
  statsEmitRequest: 'stats.emit.request',
  /** Questions to the router about its limits and its commands. */
  routerAdminRequest: 'admin.request.router',
  routerRatelimitStats: 'admin.response.router.ratelimit-stats',
  routerCommandRegistry: 'admin.response.router.command-registry',
  /** Replicas of the router tell each other that they are there, and what they have counted. */
  routerPeers: 'control.router.peers',
  routerWindows: 'control.router.windows',
} as const;

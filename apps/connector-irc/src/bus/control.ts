import { reasonOf } from '../reason.ts';
import type { WantedChannel } from '../irc/channel-list.ts';
import { isChannelName, isTarget } from '../irc/outgoing.ts';
import type { Member } from '../irc/session-events.ts';
import { parsedObject } from './outgoing-payload.ts';

/** Operations of a connection that control requests use. */
export interface Controlled {
  join(channel: WantedChannel): Promise<void>;
  part(channel: string): void;
  kick(channel: string, nick: string, reason: string): void;
  /** The form of a name that the server compares. */
  folded(name: string): string;
  members(channel: string): Promise<{ readonly members: readonly Member[]; readonly allModes: boolean }>;
}

/** Answer to a control request. */
export type ControlAnswer = Readonly<Record<string, unknown>>;

/** A parsed control request. */
export interface ControlRequest {
  readonly action: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Subject to answer on. */
  readonly replyChannel: string | undefined;
}

/** Modes of half-operators, operators, admins and owners. */
const ADMIN_MODES: ReadonlySet<string> = new Set(['h', 'o', 'a', 'q']);

/** Parses a control request; undefined when it is invalid. */
export function readControl(json: string): ControlRequest | undefined {
  const payload = parsedObject(json);
  if (payload === undefined || typeof payload['action'] !== 'string') return undefined;
  const { action, data } = payload;
  const fields = typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {};
  const replyChannel = fields['replyChannel'] ?? payload['replyChannel'];
  return { action, data: fields, replyChannel: typeof replyChannel === 'string' && replyChannel !== '' ? replyChannel : undefined };
}

/** Executes a control request. Never rejects: errors are part of the answer. */
export async function controlAnswer({ action, data }: ControlRequest, connection: Controlled): Promise<ControlAnswer> {
  const { channel, nick, key, reason } = data;
  const act = ACTIONS[action];
  if (act === undefined) return { error: `unknown action "${action.slice(0, 80)}"` };
  const empty = action === 'list-users-in-channel' ? { users: [] } : {};
  if (!isChannelName(channel)) return { ...empty, error: 'channel is missing or not a channel' };
  try {
    return await act({ channel, nick, key, reason }, connection);
  } catch (error) {
    return { channel, ...empty, error: reasonOf(error) };
  }
}

/**
 * An answer as JSON. One that is too large for a message, such as the list of ten thousand users, becomes an error, so that its requester does
 * not wait in vain.
 *
 * @param maxBytes limit of NATS for a message.
 */
export function answerJson(answer: ControlAnswer, maxBytes: number): string {
  const json = JSON.stringify(answer);
  const bytes = Buffer.byteLength(json);
  if (bytes <= maxBytes) return json;
  const { channel, users, count } = answer;
  const error = `the answer has ${bytes} bytes, but NATS accepts at most ${maxBytes}: raise max_payload of NATS`;
  return JSON.stringify({ channel, ...(users === undefined ? {} : { users: [], count }), error });
}

interface Asked {
  readonly channel: string;
  readonly nick: unknown;
  readonly key: unknown;
  readonly reason: unknown;
}

type Act = (asked: Asked, connection: Controlled) => Promise<ControlAnswer>;

const ACTIONS: Readonly<Record<string, Act | undefined>> = {
  __proto__: null as unknown as undefined,
  join: async ({ channel, key }, connection) => {
    await connection.join({ name: channel, key: isTarget(key) ? key : undefined });
    return { channel, joined: true };
  },
  part: async ({ channel }, connection) => {
    connection.part(channel);
    return { channel, parted: true };
  },
  kick: async ({ channel, nick, reason }, connection) => {
    if (!isTarget(nick)) return { channel, error: 'nick is missing or not a nick' };
    connection.kick(channel, nick, oneLine(reason));
    return { channel, nick, requested: true };
  },
  'list-users-in-channel': async ({ channel }, connection) => {
    const { members } = await connection.members(channel);
    const users = members.map((member) => ({ nick: member.nick, ident: member.user, hostname: member.userHost, ...modesOf(member) }));
    return { channel, users, count: users.length };
  },
  'get-modes-for-user': async ({ channel, nick }, connection) => {
    if (!isTarget(nick)) return { channel, error: 'nick is missing or not a nick' };
    const { members, allModes } = await connection.members(channel);
    const member = members.find((each) => connection.folded(each.nick) === connection.folded(nick));
    if (member === undefined) return { channel, nick, error: `${nick} is not in ${channel}` };
    return { channel, nick: member.nick, ...modesOf(member), ...(allModes ? {} : { warning: 'the server lists only the highest mode' }) };
  },
};

function modesOf({ modes }: Member): { readonly modes: readonly string[]; readonly isChannelAdmin: boolean } {
  return { modes, isChannelAdmin: modes.some((mode) => ADMIN_MODES.has(mode)) };
}

/** Reason of a kick, on one line and within the limit of servers. */
function oneLine(reason: unknown): string {
  return typeof reason === 'string' ? reason.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 200) : '';
}

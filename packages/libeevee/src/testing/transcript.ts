import type { Msg } from 'nats';
import type { ChatMessage, ChatMessageType } from '../chat/answers.ts';
import type { ChannelNotice, PersonalNotice } from '../chat/payloads.ts';

/** A notice to one user (`target`), or to a channel. */
export type OutgoingNotice = PersonalNotice | ChannelNotice;

/** A message or action of the bot. */
export interface Outgoing extends Required<ChatMessage> {
  readonly type: ChatMessageType;
}

/** The text of a message as a user reads it; actions as `/me waves`. */
export const asSaid = ({ type, text }: Outgoing): string => (type === 'action.outgoing' ? `/me ${text}` : text);

/** Everything that a bot has sent, and the callers that wait for more. */
export class Transcript {
  readonly outgoing: Outgoing[] = [];
  readonly notices: OutgoingNotice[] = [];
  /** Number of messages received from the bus: a turn continues while it grows. */
  heard = 0;
  #watchers: (() => void)[] = [];

  /** Takes a message of the bus. */
  take(msg: Msg): void {
    this.heard++;
    if (/^chat\.(?:message|action)\.outgoing\./.test(msg.subject)) this.outgoing.push(msg.json<Outgoing>());
    if (msg.subject.startsWith('chat.notice.outgoing.')) this.notices.push(msg.json<OutgoingNotice>());
    for (const look of this.#watchers) look();
  }

  /** Looks now and after each message until there is a result or `stop` is called. */
  watch<Found>(look: () => Found | undefined | false): { readonly found: Promise<Found>; readonly stop: () => void } {
    const { promise, resolve, reject } = Promise.withResolvers<Found>();
    const watcher = (): void => {
      try {
        const found = look();
        if (found !== undefined && found !== false) resolve(found);
      } catch (error) {
        reject(error);
      }
    };
    this.#watchers.push(watcher);
    watcher();
    return { found: promise, stop: () => (this.#watchers = this.#watchers.filter((each) => each !== watcher)) };
  }
}

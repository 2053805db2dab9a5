/**
 * JSON payloads on the bus, one interface each. Fields marked optional are missing in the payloads of some senders: readers fill them in.
 */

/** `chat.event.>`, handed on unchanged on `event.message.<eventUUID>`. */
export interface ChatEvent {
  /** `join`, `part`, `quit`, `kick`, `nick`, `topic`, `invite`, or another that a connector knows. */
  readonly eventType: string;
  readonly platform: string;
  readonly network: string;
  readonly instance: string;
  /** `null` for `quit`. */
  readonly channel: string | null;
  /** For `kick` the victim. */
  readonly nick: string;
  readonly user?: string;
  readonly userHost?: string;
  readonly reason?: string;
  readonly kickedBy?: string;
  readonly newNick?: string;
  readonly topic?: string;
  readonly timestamp?: string;
}

/** `chat.notice.outgoing.<platform>.<instance>`: a notice to one person. */
export interface PersonalNotice {
  readonly target: string;
  readonly text: string;
}

/** `chat.notice.outgoing.<platform>.<instance>.<channel>`: a notice to a channel. */
export interface ChannelNotice {
  readonly channel: string;
  readonly text: string;
}

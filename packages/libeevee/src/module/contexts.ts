import type { Express } from 'express';
import type { ChatMessage } from '../chat/answers.ts';
import type { ErrorLog } from '../log/log.ts';
import type { ModuleMetrics } from '../metrics/module-metrics.ts';
import type { NatsClient } from '../nats/client.ts';

/** Everything a module can use anywhere. */
export interface ModuleContext<Config = unknown> {
  readonly name: string;
  readonly version: string;
  /** The configuration as it is now: reading it again later may give a newer one. */
  readonly config: Config;
  /** The module's log, its name filled in. */
  readonly log: ErrorLog;
  readonly nats: NatsClient;
  readonly metrics: ModuleMetrics;
  /**
   * Routes of the module's own on the port of its HTTP server, webhooks for example: add them in `onStart`. In a test, `http.listen(0)` serves
   * them.
   */
  readonly http: Express;
  /** Aborts when the module stops. */
  readonly signal: AbortSignal;
  /** Says something in any channel. @throws EeveeError `EEVEE_CHAT_NOT_SENT` */
  readonly say: (message: ChatMessage) => Promise<void>;
  /** Does something in any channel, as `/me …`. @throws EeveeError `EEVEE_CHAT_NOT_SENT` */
  readonly act: (message: ChatMessage) => Promise<void>;
}

/** A message from a user, and its channel. */
export interface SaidMessage {
  readonly platform: string;
  readonly network: string;
  readonly instance: string;
  readonly channel: string;
  /** What the person is called in the channel; `user` where the platform has no nicks. */
  readonly nick: string;
  /** On IRC the ident, e.g. `~fox`, which is no name to greet anyone by: use `nick`. */
  readonly user: string;
  readonly userHost: string;
  /** The account at the network's services; `undefined` where the person has none, or the connector does not know. */
  readonly account: string | undefined;
  /** The bot's own nick; empty where the connector does not say. */
  readonly botNick: string;
  /** Whether it was said to the bot only; `channel` is then the nick, so that `reply` reaches the person. */
  readonly private: boolean;
  /** Whether it was done (`/me waves`) rather than said. */
  readonly isAction: boolean;
  /** Of a command the arguments only; else the whole message. */
  readonly text: string;
  /** When it was said, ISO 8601; the time of receipt where nothing came. */
  readonly timestamp: string;
  /** Follows the message through the modules; made here where none came. */
  readonly trace: string;
}

/** A message that called a command. */
export interface CalledMessage extends SaidMessage {
  /** The message as it was said, prefix and all. */
  readonly originalText: string;
  /** What the command's regex matched, trailing blanks included. */
  readonly matchedCommand: string;
  /** The whole text after the prefix. */
  readonly matchedText: string;
}

/** Context of every handler: where to reply, and the rest of the module. */
export interface HandlerContext<Config = unknown> {
  readonly platform: string;
  readonly network: string;
  readonly instance: string;
  /** `null` for an event that belongs to no channel. */
  readonly channel: string | null;
  /** Nick of the user who said or did it. */
  readonly nick: string;
  /** Follows the message through the modules; made here where none came. */
  readonly trace: string;
  /** The configuration as it was when the handling began. */
  readonly config: Config;
  /** The module's log, with platform, channel and trace filled in. */
  readonly log: ErrorLog;
  /** Aborts when the handler's time is up, or the module stops before it is done. */
  readonly signal: AbortSignal;
  /** The rest of the module. */
  readonly module: ModuleContext<Config>;
  /**
   * Says something in the channel: each line of the text as a message of its own.
   *
   * @throws EeveeError `EEVEE_CHAT_NOT_SENT` when it could not be sent, `EEVEE_HANDLER_TIMEOUT` when the handler's time was up before.
   */
  readonly reply: (text: string) => Promise<void>;
  /** Does something there, as `/me …`. @throws as {@link HandlerContext.reply} */
  readonly action: (text: string) => Promise<void>;
  /** Sends a notice to `nick` only. @throws as {@link HandlerContext.reply} */
  readonly notice: (text: string) => Promise<void>;
}

/** Where a handler receives a message, and answers it. */
export interface MessageContext<Config = unknown> extends SaidMessage, HandlerContext<Config> {
  readonly channel: string;
  readonly nick: string;
}

/** A message of a broadcast. */
export type BroadcastContext<Config = unknown> = MessageContext<Config>;

/** A call of a command. */
export interface CommandContext<Config = unknown> extends MessageContext<Config>, CalledMessage {}

/** Something that happened in a channel or on the network besides messages. */
export interface EventContext<Config = unknown> extends HandlerContext<Config> {
  /** `part`, `quit`, `kick`; from connectors of this version also `join`, `nick`, `topic`, `invite`. */
  readonly eventType: string;
  /** On IRC the ident; equal to `nick` where none came. */
  readonly user: string;
  readonly userHost: string | undefined;
  /** Why: of a part, quit or kick. */
  readonly reason: string | undefined;
  /** For a kick, whose victim is `nick`. */
  readonly kickedBy: string | undefined;
  /** For a changed nick. */
  readonly newNick: string | undefined;
  readonly topic: string | undefined;
  /** When it happened, ISO 8601; the time of receipt where nothing came. */
  readonly timestamp: string;
}

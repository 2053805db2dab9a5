import type { ChatMessage } from '../chat/answers.ts';
import type { Log } from '../log/log.ts';
import type { ModuleMetrics } from '../metrics/module-metrics.ts';
import type { NatsClient } from '../nats/client.ts';

/** What a module has at hand anywhere. */
export interface ModuleContext<Config> {
  readonly name: string;
  readonly version: string;
  /** The configuration as it is now: reading it again later may give a newer one. */
  readonly config: Config;
  /** The module's log, its name filled in. */
  readonly log: Log;
  readonly nats: NatsClient;
  readonly metrics: ModuleMetrics;
  /** Aborts when the module stops. */
  readonly signal: AbortSignal;
  /** Says something in any channel. @throws EeveeError `EEVEE_CHAT_NOT_SENT` */
  readonly say: (message: ChatMessage) => Promise<void>;
  /** Does something in any channel, as `/me …`. @throws EeveeError `EEVEE_CHAT_NOT_SENT` */
  readonly act: (message: ChatMessage) => Promise<void>;
}

/** A message that somebody said, and where. */
export interface SaidMessage {
  readonly platform: string;
  readonly network: string;
  readonly instance: string;
  readonly channel: string;
  readonly user: string;
  readonly userHost: string;
  /** Of a command the arguments only; else the whole message. */
  readonly text: string;
  /** When it was said, as the router wrote it down. */
  readonly timestamp: string;
  /** Follows the message through the modules; made here where none came. */
  readonly trace: string;
}

/** A message that called a command. */
export interface CalledMessage extends SaidMessage {
  /** The message as it was said, prefix and all. */
  readonly originalText: string;
  /** The command's display name. */
  readonly matchedCommand: string;
  /** What the command's regex matched. */
  readonly matchedText: string;
}

/** Where a handler is told about a message, and answers it. */
export interface MessageContext<Config> extends SaidMessage {
  /** The configuration as it was when the handling began. */
  readonly config: Config;
  /** The module's log, with platform, channel and trace filled in. */
  readonly log: Log;
  /** Aborts when the handler's time is up, or the module stops before it is done. */
  readonly signal: AbortSignal;
  /** The rest of the module. */
  readonly module: ModuleContext<Config>;
  /**
   * Says something where the message was said.
   *
   * @throws EeveeError `EEVEE_CHAT_NOT_SENT` when it could not be sent, `EEVEE_HANDLER_TIMEOUT` when the handler's time was up before.
   */
  readonly reply: (text: string) => Promise<void>;
  /** Does something there, as `/me …`. @throws as {@link MessageContext.reply} */
  readonly action: (text: string) => Promise<void>;
}

/** A message of a broadcast. */
export type BroadcastContext<Config> = MessageContext<Config>;

/** A call of a command. */
export interface CommandContext<Config> extends MessageContext<Config>, CalledMessage {}

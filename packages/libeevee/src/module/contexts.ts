import type { Express } from 'express';
import type { ChatMessage } from '../chat/answers.ts';
import type { AskOptions } from '../conversation/ask.ts';
import type { ErrorLog } from '../log/log.ts';
import type { ModuleMetrics } from '../metrics/module-metrics.ts';
import type { NatsClient } from '../nats/client.ts';
import type { Locals } from './locals.ts';
import type { Schedule } from '../schedule/schedule.ts';
import type { Store } from '../store/store.ts';

/** Everything that is available throughout a module. */
export interface ModuleContext<Config = unknown, State = unknown> {
  readonly name: string;
  readonly version: string;
  /** The current configuration: a later read may return a newer one. */
  readonly config: Config;
  /** The result of `onStart`; `undefined` until it is done, and without an `onStart`. */
  readonly state: State;
  /** Log of the module, with its name filled in. */
  readonly log: ErrorLog;
  readonly nats: NatsClient;
  readonly metrics: ModuleMetrics;
  /**
   * Routes of the module on the port of its HTTP server, for example webhooks. Add them in `onStart`. In a test, `http.listen(0)`
   * serves them.
   */
  readonly http: Express;
  /** Entries that survive a restart, on the module's volume; in memory if it has none. */
  readonly store: Store;
  /** Runs handlers of `schedules` later: once, at intervals, or by a cron expression. */
  readonly schedule: Schedule;
  /** Aborts when the module stops. */
  readonly signal: AbortSignal;
  /** Sends a message to any channel. @throws EeveeError `EEVEE_CHAT_NOT_SENT` */
  readonly say: (message: ChatMessage) => Promise<void>;
  /** Sends an action (`/me …`) to any channel. @throws EeveeError `EEVEE_CHAT_NOT_SENT` */
  readonly act: (message: ChatMessage) => Promise<void>;
}

/** A message from a user, and its channel. */
export interface SaidMessage {
  readonly platform: string;
  readonly network: string;
  readonly instance: string;
  readonly channel: string;
  /** Name of the sender in the channel; `user` on platforms without nicks. */
  readonly nick: string;
  /** On IRC, the ident, e.g. `~fox`; to address the sender, use `nick`. */
  readonly user: string;
  readonly userHost: string;
  /** Services account of the sender; `undefined` if the sender is not logged in, or the connector does not know it. */
  readonly account: string | undefined;
  /** Nick of the bot; empty if the connector does not send it. */
  readonly botNick: string;
  /** Whether the message was sent only to the bot; `channel` is then the nick of the sender, so that `reply` reaches them. */
  readonly private: boolean;
  /** Whether the message is an action (`/me waves`). */
  readonly isAction: boolean;
  /** For a command, only the arguments; otherwise the whole message. */
  readonly text: string;
  /** Time at which the message was sent, ISO 8601; the time of receipt if missing. */
  readonly timestamp: string;
  /** Correlates the message across modules; generated here if missing. */
  readonly trace: string;
}

/** A message that called a command. */
export interface CalledMessage extends SaidMessage {
  /** The message as sent, including the prefix. */
  readonly originalText: string;
  /** The text that the command's regex matched, including trailing blanks. */
  readonly matchedCommand: string;
  /** The whole text after the prefix. */
  readonly matchedText: string;
}

/** The command, broadcast, event or schedule of a definition that a handler belongs to. */
export interface HandlerInfo {
  readonly kind: 'command' | 'broadcast' | 'event' | 'schedule';
  /** Display name; of a subcommand, after that of its command. */
  readonly name: string;
}

/** Context of every handler: where to reply, and the rest of the module. */
export interface HandlerContext<Config = unknown, State = unknown> {
  readonly platform: string;
  readonly network: string;
  readonly instance: string;
  /** `null` for an event that belongs to no channel. */
  readonly channel: string | null;
  /** Nick of the user who sent the message or caused the event. */
  readonly nick: string;
  /** Correlates the message across modules; generated here if missing. */
  readonly trace: string;
  /** The configuration at the start of the handling. */
  readonly config: Config;
  /** The result of `onStart`; `undefined` without an `onStart`. */
  readonly state: State;
  /** The command, broadcast, event or schedule of the definition that handles this. */
  readonly handler: HandlerInfo;
  /** Shared by the middleware and the handler of one message or event; empty at first. */
  readonly locals: Locals;
  /** Log of the module, with platform, channel and trace filled in. */
  readonly log: ErrorLog;
  /** Aborts when the handler times out, or the module stops before it is done. */
  readonly signal: AbortSignal;
  /** The rest of the module. */
  readonly module: ModuleContext<Config, State>;
  /**
   * Sends a text to the channel, one message per line. The promise is fulfilled when they are on their way, or kept while NATS or the
   * connector is away; when many messages are on their way, after those.
   *
   * @throws EeveeError `EEVEE_CHAT_NOT_SENT` when it could not be sent, `EEVEE_HANDLER_TIMEOUT` when the handler has already timed out.
   */
  readonly reply: (text: string) => Promise<void>;
  /** Sends an action (`/me …`) to the channel. @throws as {@link HandlerContext.reply} */
  readonly action: (text: string) => Promise<void>;
  /** Sends a notice to `nick` only. @throws as {@link HandlerContext.reply} */
  readonly notice: (text: string) => Promise<void>;
}

/** Context in which a handler receives a message and answers it. */
export interface MessageContext<Config = unknown, State = unknown> extends SaidMessage, HandlerContext<Config, State> {
  /**
   * Asks the user a question in the channel, and waits for the answer: their next message there that calls no command. Other
   * messages of the channel are handled during that time, and the time limit of the handler starts again with the answer.
   *
   * @throws UnansweredError when the time limit is reached, which the user gets to read if the handler does not catch it; EeveeError
   * `EEVEE_MODULE_STOPPED`, `EEVEE_ASK_REFUSED`, and as {@link HandlerContext.reply}.
   * @example
   * const city = await ask('Which city?', { timeout: '2m' });
   */
  readonly ask: (question: string, options?: AskOptions) => Promise<string>;
  readonly channel: string;
  readonly nick: string;
}

/** A message of a broadcast. */
export type BroadcastContext<Config = unknown, State = unknown> = MessageContext<Config, State>;

/** A call of a command. */
export interface CommandContext<Config = unknown, State = unknown, Args = unknown> extends MessageContext<Config, State>, CalledMessage {
  /** Values of the arguments that the command declares; `undefined` if it declares none. */
  readonly args: Args;
}

/** An event in a channel or on the network, other than a message. */
export interface EventContext<Config = unknown, State = unknown> extends HandlerContext<Config, State> {
  /** `part`, `quit`, `kick`; from connectors of this version also `join`, `nick`, `topic`, `invite`. */
  readonly eventType: string;
  /** On IRC, the ident; equal to `nick` if missing. */
  readonly user: string;
  readonly userHost: string | undefined;
  /** Reason of a part, quit or kick. */
  readonly reason: string | undefined;
  /** Nick of the user who kicked `nick`. */
  readonly kickedBy: string | undefined;
  /** New nick, for a nick change. */
  readonly newNick: string | undefined;
  readonly topic: string | undefined;
  /** Time of the event, ISO 8601; the time of receipt if missing. */
  readonly timestamp: string;
}

/** A run of a schedule. `reply`, `action` and `notice` go to the `to` of its entry. */
export interface ScheduleContext<Config = unknown, State = unknown> extends HandlerContext<Config, State> {
  /** Name of the schedule. */
  readonly schedule: string;
  /** Key of the entry. */
  readonly key: string;
  /** Time for which the run was scheduled: earlier than now if the module was away. */
  readonly dueAt: Date;
  /** 1, or up to 3 if the process ended during earlier attempts. */
  readonly attempt: number;
}

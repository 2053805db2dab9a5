import type { BroadcastRegistrationOptions } from '../chat/broadcasts.ts';
import type { CommandRegistrationOptions } from '../chat/commands.ts';
import type { EventRegistrationOptions } from '../chat/events.ts';
import type { HelpEntry } from '../chat/help.ts';
import type { RateLimitConfig } from '../chat/rate-limit.ts';
import type { BroadcastContext, CommandContext, EventContext, HandlerContext, ModuleContext } from './contexts.ts';
import type { StandardSchema } from './standard-schema.ts';

/** A rate limit as it stands in a configuration: TypeScript takes `mode: 'drop'` in the defaults for any text. */
export type ConfiguredRateLimit = Omit<RateLimitConfig, 'mode' | 'level'> & { mode: string; level: string };

/** A command: how the router recognises it, what help says about it, and what it does. */
export interface CommandDefinition<Config = unknown> extends Omit<CommandRegistrationOptions, 'ratelimit'> {
  /**
   * A limit, or where it stands in the configuration, whose texts may be of any type there: they are checked with the rest of the
   * configuration. Default `defaultRateLimit`.
   */
  ratelimit?: RateLimitConfig | ((config: Config) => ConfiguredRateLimit);
  /** What help says. The command's name is `commandDisplayName` unless given. */
  help?: Pick<HelpEntry, 'descr'> & Partial<HelpEntry>;
  /** How long one call may take, in milliseconds. Default: that of the module. */
  timeoutMs?: number;
  /** Handles one call. An error that it throws is logged and counted, and stops nothing. */
  run(ctx: CommandContext<Config>): unknown;
  /** Answers in place of a `run` that threw or rejected. Default: that of the module. */
  onError?(ctx: CommandContext<Config>, error: unknown): unknown;
  /** Answers in place of a `run` that took too long. Default: that of the module. */
  onTimeout?(ctx: CommandContext<Config>): unknown;
}

/** Messages that the module wants to see, and what it does with them. */
export interface BroadcastDefinition<Config = unknown> extends BroadcastRegistrationOptions {
  /** How long one message may take, in milliseconds. Default: that of the module. */
  timeoutMs?: number;
  /** Handles one message. An error that it throws is logged and counted, and stops nothing. */
  run(ctx: BroadcastContext<Config>): unknown;
  /** Answers in place of a `run` that threw or rejected. Default: that of the module. */
  onError?(ctx: BroadcastContext<Config>, error: unknown): unknown;
  /** Answers in place of a `run` that took too long. Default: that of the module. */
  onTimeout?(ctx: BroadcastContext<Config>): unknown;
}

/** Events that the module wants to receive, and what it does with them. */
export interface EventDefinition<Config = unknown> extends Omit<EventRegistrationOptions, 'eventUUID' | 'eventDisplayName'> {
  /** Identity of the registration. Default: made from the names of the module and of the event, the same in each replica. */
  eventUUID?: string;
  /** Default `<module> <eventType>`. */
  eventDisplayName?: string;
  /** How long one event may take, in milliseconds. Default: that of the module. */
  timeoutMs?: number;
  /** Handles one event. An error that it throws is logged and counted, and stops nothing. */
  run(ctx: EventContext<Config>): unknown;
  /** Answers in place of a `run` that threw or rejected. Default: that of the module. */
  onError?(ctx: EventContext<Config>, error: unknown): unknown;
  /** Answers in place of a `run` that took too long. Default: that of the module. */
  onTimeout?(ctx: EventContext<Config>): unknown;
}

/** All that makes a module. */
export interface ModuleDefinition<Config = unknown> {
  /** Its name in logs, metrics, help and stats; the queue group that its replicas share. */
  name: string;
  version: string;
  /**
   * The configuration: defaults, over which the file is laid, or a schema of any library that implements
   * Standard Schema v1, which is given what stands in the file (`{}` when there is none).
   */
  config?: Config | StandardSchema<Config>;
  commands?: readonly CommandDefinition<Config>[];
  broadcasts?: readonly BroadcastDefinition<Config>[];
  events?: readonly EventDefinition<Config>[];
  /** Channels whose messages are handled at once; within one, messages keep their order. Default 16. */
  concurrency?: number;
  /**
   * Messages that may be handled or wait for it at once, in all channels together. What comes on top of them is not handled, but logged
   * and counted (`errors_total{type="overload"}`), so that memory has an end. Default 65,536.
   */
  maxPending?: number;
  /** How long handling one message may take, in milliseconds; then its `signal` aborts, `onTimeout` may answer, and the next one's turn comes. Default 30,000. */
  timeoutMs?: number;
  /**
   * Runs when a handler threw or rejected, once that has been logged and counted; it may still answer, for a second at most.
   *
   * @example
   * onError: ({ notice }) => notice('Sorry, that did not work.'),
   */
  onError?(ctx: HandlerContext<Config>, error: unknown): unknown;
  /** Runs when a handler took longer than it may, after its `signal` aborted; it may still answer, for a second at most. */
  onTimeout?(ctx: HandlerContext<Config>): unknown;
  /** Runs once NATS is connected, before any message is taken; `/health` answers 503 meanwhile. When it throws, the module does not start. */
  onStart?(ctx: ModuleContext<Config>): unknown;
  /** How long `onStart` may take, in milliseconds; then the start fails with `EEVEE_START_TIMEOUT`. Default 60,000. */
  startTimeoutMs?: number;
  /** Runs after each good change of the configuration. */
  onConfigChange?(ctx: ModuleContext<Config>, previous: Config): unknown;
  /** Runs once at shutdown, when everything that was delivered is handled and NATS is closed. */
  onStop?(ctx: ModuleContext<Config>): unknown;
}

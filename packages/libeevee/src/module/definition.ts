import type { BroadcastRegistrationOptions } from '../chat/broadcasts.ts';
import type { CommandRegistrationOptions } from '../chat/commands.ts';
import type { EventRegistrationOptions } from '../chat/events.ts';
import type { HelpEntry } from '../chat/help.ts';
import type { RateLimitConfig } from '../chat/rate-limit.ts';
import type { BroadcastContext, CommandContext, EventContext, HandlerContext, ModuleContext } from './contexts.ts';
import type { ArgumentsDeclaration, ParsedArguments } from './arguments/types.ts';
import type { ScheduleDefinition } from './schedule-definition.ts';
import type { StandardSchema } from './standard-schema.ts';

/** A rate limit in a configuration: TypeScript widens `mode: 'drop'` in the defaults to `string`. */
export type ConfiguredRateLimit = Omit<RateLimitConfig, 'mode' | 'level'> & { mode: string; level: string };

/** A command as the router knows it, and its help. */
export interface RegisteredCommandDefinition<Config = unknown, State = unknown> extends Omit<
  CommandRegistrationOptions,
  'commandUUID' | 'regex' | 'ratelimit'
> {
  /** Identity of the command. Default: derived from the names of the module and the command, equal in all replicas and releases. */
  commandUUID?: string;
  /** Matches the command at the start of a message, after the prefix. Default: its name, followed by blanks or the end. */
  regex?: string;
  /** Whether the regex, and with it the name and the aliases, match in any case. Default `false`. */
  ignoreCase?: boolean;
  /**
   * A limit, or a function that reads it from the configuration, where its strings may have any type: they are validated with the
   * configuration. Default `defaultRateLimit`.
   */
  ratelimit?: RateLimitConfig | ((config: Config) => ConfiguredRateLimit);
  /** Help entry. Its command defaults to `commandDisplayName`; its parameters are those of `args`, if that is a list. */
  help?: Pick<HelpEntry, 'descr'> & Partial<HelpEntry>;
  /** Time limit of one call, in milliseconds. Default: that of the module. */
  timeoutMs?: number;
  /** Answers for a `run` that threw or rejected. Default: that of the module. */
  onError?(ctx: CommandContext<Config, State>, error: unknown): unknown;
  /** Answers for a `run` that timed out. Default: that of the module. */
  onTimeout?(ctx: CommandContext<Config, State>): unknown;
}

/** A command: how the router recognises it, its help, and its handler. */
export interface CommandDefinition<Config = unknown, State = unknown, Args = unknown> extends RegisteredCommandDefinition<Config, State> {
  /**
   * Arguments, which the handler gets as `ctx.args`, typed. A call that they do not fit is answered with how to call the command.
   *
   * @example
   * args: [{ name: 'when', type: 'duration' }, { name: 'text', type: 'rest' }],
   * run: ({ args, reply }) => reply(`I will say "${args.text}" in ${args.when} ms`),
   */
  args?: Args & ArgumentsDeclaration;
  /** Handles one call. Errors are logged and counted, and stop nothing. */
  run(ctx: CommandContext<Config, State, ParsedArguments<Args>>): unknown;
}

/** Messages that the module wants to receive, and their handler. */
export interface BroadcastDefinition<Config = unknown, State = unknown> extends BroadcastRegistrationOptions {
  /** Time limit of one message, in milliseconds. Default: that of the module. */
  timeoutMs?: number;
  /** Handles one message. Errors are logged and counted, and stop nothing. */
  run(ctx: BroadcastContext<Config, State>): unknown;
  /** Answers for a `run` that threw or rejected. Default: that of the module. */
  onError?(ctx: BroadcastContext<Config, State>, error: unknown): unknown;
  /** Answers for a `run` that timed out. Default: that of the module. */
  onTimeout?(ctx: BroadcastContext<Config, State>): unknown;
}

/** Events that the module wants to receive, and their handler. */
export interface EventDefinition<Config = unknown, State = unknown> extends Omit<
  EventRegistrationOptions,
  'eventUUID' | 'eventDisplayName'
> {
  /** Identity of the registration. Default: derived from the names of the module and the event, equal in all replicas. */
  eventUUID?: string;
  /** Default `<module> <eventType>`. */
  eventDisplayName?: string;
  /** Time limit of one event, in milliseconds. Default: that of the module. */
  timeoutMs?: number;
  /** Handles one event. Errors are logged and counted, and stop nothing. */
  run(ctx: EventContext<Config, State>): unknown;
  /** Answers for a `run` that threw or rejected. Default: that of the module. */
  onError?(ctx: EventContext<Config, State>, error: unknown): unknown;
  /** Answers for a `run` that timed out. Default: that of the module. */
  onTimeout?(ctx: EventContext<Config, State>): unknown;
}

/** All of a module but what types are inferred from. */
interface ModuleParts<Config, State> {
  /** Name in logs, metrics, help and stats, and queue group of the replicas. */
  name: string;
  version: string;
  /**
   * The configuration: defaults over which the file is merged, or a schema of any library that implements Standard Schema v1, which
   * gets the content of the file (`{}` without a file).
   */
  config?: Config | StandardSchema<Config>;
  broadcasts?: readonly BroadcastDefinition<Config, State>[];
  events?: readonly EventDefinition<Config, State>[];
  /** Schedules, made by `defineSchedule`, for entries of `ctx.module.schedule`. */
  schedules?: readonly ScheduleDefinition<never, NoInfer<Config>, NoInfer<State>>[];
  /** Number of channels whose messages are handled concurrently; messages of one channel stay in order. Default 16. */
  concurrency?: number;
  /**
   * Maximum number of messages that are handled or waiting, in all channels together. Further messages are dropped, logged and counted
   * (`errors_total{type="overload"}`), so that memory is bounded. Default 65,536.
   */
  maxPending?: number;
  /** Time limit of a handler, in milliseconds; then its `signal` aborts, and `onTimeout` may answer. Default 30,000. */
  timeoutMs?: number;
  /**
   * Runs after a handler threw or rejected and the error was logged and counted; it may still answer, for at most a second.
   *
   * @example
   * onError: ({ notice }) => notice('Sorry, that did not work.'),
   */
  onError?(ctx: HandlerContext<Config, State>, error: unknown): unknown;
  /** Runs after a handler timed out and its `signal` aborted; it may still answer, for at most a second. */
  onTimeout?(ctx: HandlerContext<Config, State>): unknown;
  /** Time limit of `onStart`, in milliseconds; then the start fails with `EEVEE_START_TIMEOUT`. Default 60,000. */
  startTimeoutMs?: number;
  /** Runs after each valid change of the configuration. */
  onConfigChange?(ctx: ModuleContext<Config, State>, previous: Config): unknown;
  /**
   * Runs once at shutdown, after all delivered messages are handled and NATS is closed. If the module stops while `onStart` runs, `state`
   * is `undefined`.
   */
  onStop?(ctx: ModuleContext<Config, State | undefined>): unknown;
}

/** Definition of a module. */
export interface ModuleDefinition<Config = unknown, State = unknown> extends ModuleParts<Config, State> {
  commands?: readonly CommandDefinition<Config, State>[];
  /**
   * Runs once NATS is connected, before the first message; `/health` answers 503 until it is done. If it throws, the start fails. Its
   * result is `state` in every context; write `onStart` above the handlers that read it, since TypeScript infers types from top to bottom.
   *
   * @example
   * onStart: async ({ config }) => ({ cities: await loadCities(config.file) }),
   * commands: [{ …, run: ({ state, reply }) => reply(state.cities.join(', ')) }],
   */
  onStart?(ctx: ModuleContext<Config, undefined>): unknown;
}

/**
 * A definition from which types are inferred: that of the state from `onStart` (if it cannot be, it is `undefined`, and any result fits),
 * those of arguments from each command.
 */
export interface InferredDefinition<Config, State, Args> extends ModuleParts<Config, State> {
  /** As {@link ModuleDefinition.onStart}. */
  onStart?(ctx: ModuleContext<Config, undefined>): [State] extends [undefined] ? unknown : State | Promise<State>;
  commands?: { readonly [Index in keyof Args]: CommandDefinition<Config, State, Args[Index]> };
}

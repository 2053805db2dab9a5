import type { BroadcastRegistrationOptions } from '../chat/broadcasts.ts';
import type { EventRegistrationOptions } from '../chat/events.ts';
import type { BroadcastContext, EventContext, HandlerContext, ModuleContext } from './contexts.ts';
import type { AnyCommandDefinition, InferredCommandDefinition } from './command-definition.ts';
import type { Middleware } from './middleware.ts';
import type { ScheduleDefinition } from './schedule-definition.ts';
import type { StandardSchema } from './fields/standard-schema.ts';

/** Messages that the module wants to receive, and their handler. */
export interface BroadcastDefinition<Config = unknown, State = unknown> extends BroadcastRegistrationOptions {
  /** Time limit of one message, in milliseconds. Default: that of the module. */
  timeoutMs?: number;
  /** Middleware of this handler, within that of the module. */
  use?: readonly Middleware<BroadcastContext<NoInfer<Config>, NoInfer<State>>>[];
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
  /** Middleware of this handler, within that of the module. */
  use?: readonly Middleware<EventContext<NoInfer<Config>, NoInfer<State>>>[];
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
  /** Middleware of all handlers: of commands, it runs before permissions are checked and arguments are read, and sees their errors. */
  use?: readonly Middleware<HandlerContext<NoInfer<Config>, NoInfer<State>>>[];
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
  /** Runs after each valid change of the configuration. If it takes longer than `timeoutMs`, this is logged, and later changes do not wait for it. */
  onConfigChange?(ctx: ModuleContext<Config, State>, previous: Config): unknown;
  /**
   * Runs once at shutdown, after all delivered messages are handled and NATS is closed. If the module stops while `onStart` runs, `state`
   * is `undefined`.
   */
  onStop?(ctx: ModuleContext<Config, State | undefined>): unknown;
}

/** Definition of a module. */
export interface ModuleDefinition<Config = unknown, State = unknown> extends ModuleParts<Config, State> {
  commands?: readonly AnyCommandDefinition<Config, State>[];
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
 * those of arguments from each command and subcommand.
 */
export interface InferredDefinition<Config, State, Args> extends ModuleParts<Config, State> {
  /** As {@link ModuleDefinition.onStart}. */
  onStart?(ctx: ModuleContext<Config, undefined>): [State] extends [undefined] ? unknown : State | Promise<State>;
  commands?: { readonly [Index in keyof Args]: InferredCommandDefinition<Config, State, Args[Index]> };
}

import type { ScheduleContext } from './contexts.ts';

/** A schedule of a module: its name, and the handler of its entries. */
export interface ScheduleDefinition<Payload = unknown, Config = unknown, State = unknown> {
  /** Name in the store, in logs and metrics: letters, digits, `-` and `_`. Entries of another name are not run, so do not change it. */
  readonly name: string;
  /** Time limit of one run, in milliseconds. Default: that of the module. */
  readonly timeoutMs?: number;
  /** Handles one run. Errors are logged and counted, and the run is not repeated. The payload may be that of an earlier release. */
  run(ctx: ScheduleContext<Config, State>, payload: Payload): unknown;
  /** Answers for a `run` that threw or rejected. Default: that of the module. */
  onError?(ctx: ScheduleContext<Config, State>, error: unknown): unknown;
  /** Answers for a `run` that timed out. Default: that of the module. */
  onTimeout?(ctx: ScheduleContext<Config, State>): unknown;
}

/**
 * Defines a schedule, whose entries `ctx.module.schedule` makes. List it in `schedules` of the module.
 *
 * @example
 * const remind = defineSchedule({
 *   name: 'remind',
 *   run: ({ nick, reply }, { text }: { text: string }) => reply(`${nick}: ${text}`),
 * });
 *
 * // in a handler: module.schedule.after('1h', remind, { to: ctx, payload: { text: 'tea' } });
 */
export const defineSchedule = <Payload, Config = unknown, State = unknown>(
  definition: ScheduleDefinition<Payload, Config, State>,
): ScheduleDefinition<Payload, Config, State> => definition;

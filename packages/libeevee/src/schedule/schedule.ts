/** A place and a user, as all contexts have them. */
export interface ScheduleTarget {
  readonly platform: string;
  readonly network: string;
  readonly instance: string;
  readonly channel: string | null;
  readonly nick: string;
}

/** A schedule: its name, and the type of its payload. `defineSchedule` makes one. */
export interface ScheduleReference<Payload> {
  readonly name: string;
  run(ctx: never, payload: Payload): unknown;
}

/** Options of a scheduled entry. */
export interface ScheduleEntryOptions {
  /**
   * Identity of the entry within its schedule, at most 256 characters; a second entry with the same key replaces the first. Default: a
   * random one for `at` and `after`, and `default` for `every` and `cron`.
   */
  readonly key?: string;
  /** Where `reply`, `action` and `notice` of the handler go: usually the context of the current handler. */
  readonly to?: ScheduleTarget;
}

/** Options with the payload, which may be missing if the handler takes none. */
type WithPayload<Payload, Options> = undefined extends Payload
  ? [options?: Options & { readonly payload?: Payload }]
  : [options: Options & { readonly payload: Payload }];

/** Options of a schedule whose payload has a type. */
export type ScheduleArguments<Payload, Options = ScheduleEntryOptions> = WithPayload<Payload, Options>;

/** One entry of a schedule. */
export interface ScheduledEntry<Payload = unknown> {
  /** Name of the schedule. */
  readonly name: string;
  readonly key: string;
  /** Time of the next run. */
  readonly dueAt: Date;
  readonly isRecurring: boolean;
  readonly payload: Payload;
  readonly to: ScheduleTarget | undefined;
}

/**
 * Runs handlers of the module later: once, at intervals, or by a cron expression. Entries are in the store of the module, so with a volume
 * they survive a restart.
 *
 * A run that was missed while the module was away happens once, when it is back. A run during which the process ended is repeated, up
 * to three times in all. If several replicas have the same entry, one runs it.
 *
 * Methods throw EeveeError `EEVEE_SCHEDULE_REFUSED` for arguments that cannot work, and the errors of the store.
 *
 * @example
 * const key = module.schedule.after('1h30m', remind, { to: ctx, payload: { text } });
 * module.schedule.cancel(remind, key);
 */
export interface Schedule {
  /** Current time. In a test, that of the bot, which `bot.advance` moves. */
  now(): Date;
  /** Runs once, at a time; immediately if it is in the past. @returns the key. */
  at<Payload>(time: Date, schedule: ScheduleReference<Payload>, ...options: ScheduleArguments<NoInfer<Payload>>): string;
  /** Runs once, after a duration such as `'90s'` or `'2d'`, or milliseconds. @returns the key. */
  after<Payload>(delay: string | number, schedule: ScheduleReference<Payload>, ...options: ScheduleArguments<NoInfer<Payload>>): string;
  /**
   * Runs at every multiple of an interval of at least a second, counted from `start`, by default 1970 in UTC: `'15m'` is at :00, :15, :30
   * and :45. Repeating the call, e.g. in `onStart`, keeps the time of the next run.
   *
   * @returns the key.
   */
  every<Payload>(
    interval: string | number,
    schedule: ScheduleReference<Payload>,
    ...options: ScheduleArguments<NoInfer<Payload>, ScheduleEntryOptions & { readonly start?: Date }>
  ): string;
  /**
   * Runs at the times of a cron expression of five fields. Repeating the call, e.g. in `onStart`, keeps the time of the next run.
   *
   * @param options.timeZone IANA name; default UTC.
   * @returns the key.
   * @example
   * schedule.cron('0 9 * * 1', report, { timeZone: 'Europe/Berlin' });
   */
  cron<Payload>(
    expression: string,
    schedule: ScheduleReference<Payload>,
    ...options: ScheduleArguments<NoInfer<Payload>, ScheduleEntryOptions & { readonly timeZone?: string }>
  ): string;
  /** Removes an entry; a run in progress ends. @returns whether there was one. */
  cancel(schedule: ScheduleReference<never>, key: string): boolean;
  /** Entries of one schedule, or of all, in the order in which they run. */
  list<Payload>(schedule: ScheduleReference<Payload>): ScheduledEntry<Payload>[];
  list(): ScheduledEntry[];
}

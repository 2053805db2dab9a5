import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.ts';
import { ERROR_CODES, EeveeError } from '../errors.ts';
import type { ErrorLog } from '../log/log.ts';
import type { Claims } from './claims.ts';
import { type Entries, type Entry, entryId } from './entries.ts';
import { type EntryOptions, isSameEntry, newEntry } from './new-entry.ts';
import { type Recurrence, correctedRunMs, cronExpression, everyInterval, nextRunMs, scheduleMs, timeMsOf } from './recurrence.ts';
import type { Schedule, ScheduleArguments, ScheduleEntryOptions, ScheduleReference, ScheduledEntry } from './schedule.ts';

/** Maximum number of times that a run is begun during which the process ended, because the run may be the cause. */
const MAX_ATTEMPTS = 3;

/** Maximum number of runs that are claimed or in progress at the same time; further missed runs wait. */
const MAX_RUNNING = 32;

/** Pause before a run is tried again that could not be claimed, begun or recorded. */
const RETRY_MS = 5_000;

/** Key of a recurring entry that has no other. */
const DEFAULT_KEY = 'default';

/** Outcome of a run: `stopped` if the module stopped before it ended, `refused` if too many messages wait. */
export type RunResult = 'done' | 'stopped' | 'refused';

/** For {@link Scheduler}. */
export interface SchedulerDeps {
  readonly entries: Entries;
  readonly clock: Clock;
  readonly claims: Claims;
  /** Names of the schedules of the module. */
  readonly names: ReadonlySet<string>;
  /** Runs the handler. Never rejects. */
  readonly run: (entry: Entry) => Promise<RunResult>;
  readonly log: ErrorLog;
}

type EveryOptions = ScheduleEntryOptions & { readonly start?: Date };
type CronOptions = ScheduleEntryOptions & { readonly timeZone?: string };

const entryOf = ({ name, key, dueMs, recurrence, payload, to }: Entry): ScheduledEntry => ({
  ...{ name, key, payload, to, dueAt: new Date(dueMs) },
  isRecurring: recurrence.kind !== 'once',
});

/** The schedule of a running module. */
export class Scheduler implements Schedule {
  readonly #deps: SchedulerDeps;
  /** Ids of entries whose run is claimed or in progress. */
  readonly #running = new Set<string>();
  /** Entries whose run is over, which the store could not record yet, by id. */
  readonly #unrecorded = new Map<string, Entry>();
  /** Earliest time of the next try of a run that could not be begun, by id. */
  readonly #retryMs = new Map<string, number>();
  #cancelAlarm: () => void = () => undefined;
  #endWatch: () => void = () => undefined;
  /** Time of the alarm; infinite without an alarm. */
  #alarmMs = Number.POSITIVE_INFINITY;
  #isLoaded = false;
  #state: 'created' | 'started' | 'stopped' = 'created';
  #whenIdle: (() => void)[] = [];

  constructor(deps: SchedulerDeps) {
    this.#deps = deps;
  }

  /** Begins due runs. @throws the errors of the store. */
  start(): void {
    const { entries, clock, log, names } = this.#deps;
    if (names.size === 0 || this.#state !== 'created') return;
    this.#load();
    for (const { name, key } of entries.all) {
      if (!names.has(name)) log.warn('a scheduled entry does not run: the module no longer has this schedule', { schedule: name, key });
    }
    this.#correctTimes();
    this.#state = 'started';
    this.#endWatch = clock.onSetBack(() => this.#clockSetBack());
    this.#arm();
  }

  /** Times may have been computed while the clock was ahead. @throws the errors of the store. */
  #correctTimes(): void {
    const { entries, clock } = this.#deps;
    for (const entry of entries.all) {
      const dueMs = this.#running.has(entryId(entry)) ? entry.dueMs : correctedRunMs(entry.recurrence, entry.dueMs, clock.now());
      if (dueMs !== entry.dueMs) entries.put({ ...entry, dueMs });
    }
  }

  #clockSetBack(): void {
    const { log } = this.#deps;
    log.warn('the clock was set back: recomputing the times of recurring entries');
    // The pauses before further attempts end at times of the former clock.
    this.#retryMs.clear();
    try {
      this.#correctTimes();
    } catch (error) {
      log.error('the times of scheduled entries could not be stored', { error });
    }
    this.#arm();
  }

  /** Begins no further runs. */
  stop(): void {
    this.#state = 'stopped';
    this.#endWatch();
    this.#cancelAlarm();
    this.#nowIdle();
  }

  /**
   * Settles when no run is claimed or in progress. After a stop it does not wait: a claim can take as long as NATS is away, and its run
   * would not begin.
   */
  idle(): Promise<void> {
    if (this.#running.size === 0 || this.#state === 'stopped') return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  now(): Date {
    return new Date(this.#deps.clock.now());
  }

  at<Payload>(time: Date, schedule: ScheduleReference<Payload>, ...[options]: ScheduleArguments<Payload>): string {
    return this.#add(schedule, { kind: 'once' }, { options, dueMs: timeMsOf(time) });
  }

  after<Payload>(delay: string | number, schedule: ScheduleReference<Payload>, ...[options]: ScheduleArguments<Payload>): string {
    return this.#add(schedule, { kind: 'once' }, { options, dueMs: this.#deps.clock.now() + scheduleMs(delay, 'delay') });
  }

  every<Payload>(
    interval: string | number,
    schedule: ScheduleReference<Payload>,
    ...[options]: ScheduleArguments<Payload, EveryOptions>
  ): string {
    return this.#addRecurring(schedule, everyInterval(interval, options?.start), options);
  }

  cron<Payload>(expression: string, schedule: ScheduleReference<Payload>, ...[options]: ScheduleArguments<Payload, CronOptions>): string {
    return this.#addRecurring(schedule, cronExpression(expression, options?.timeZone ?? 'UTC'), options);
  }

  cancel({ name }: ScheduleReference<never>, key: string): boolean {
    this.#load();
    return this.#deps.entries.delete(entryId({ name, key }));
  }

  list<Payload>(schedule?: ScheduleReference<Payload>): ScheduledEntry<Payload>[] {
    if (this.#deps.names.size === 0) return [];
    this.#load();
    const { all } = this.#deps.entries;
    const listed = schedule === undefined ? all : all.filter(({ name }) => name === schedule.name);
    return listed.map((entry) => entryOf(entry) as ScheduledEntry<Payload>);
  }

  /** Reads the store on first use. */
  #load(): void {
    if (this.#isLoaded) return;
    const unknown = this.#deps.entries.load();
    this.#isLoaded = true;
    for (const entry of unknown) this.#deps.log.warn('a scheduled entry does not run: another release of libeevee wrote it', { entry });
  }

  #addRecurring(schedule: ScheduleReference<never>, recurrence: Recurrence, options: EntryOptions | undefined): string {
    this.#load();
    const { entries, clock } = this.#deps;
    const key = options?.key ?? DEFAULT_KEY;
    const id = entryId({ name: schedule.name, key });
    const before = entries.get(id);
    const isSame = before !== undefined && !this.#running.has(id) && isDeepStrictEqual(before.recurrence, recurrence);
    const dueMs = isSame ? before.dueMs : nextRunMs(recurrence, clock.now());
    if (dueMs === undefined)
      throw new EeveeError(
        ERROR_CODES.scheduleRefused,
        `the schedule ${schedule.name} would never run: its cron expression matches no date`,
      );
    return this.#add(schedule, recurrence, { options: { ...options, key }, dueMs });
  }

  #add(
    { name }: ScheduleReference<never>,
    recurrence: Recurrence,
    { options = {}, dueMs }: { readonly options: EntryOptions | undefined; readonly dueMs: number },
  ): string {
    if (!this.#deps.names.has(name))
      throw new EeveeError(ERROR_CODES.scheduleRefused, `the module has no schedule ${name}: list it in \`schedules\` of its definition`);
    this.#load();
    const { key = randomUUID() } = options;
    const entry = newEntry({ name, key, recurrence, dueMs }, options);
    const id = entryId(entry);
    const before = this.#deps.entries.get(id);
    // A write would fail at each start while the volume is full, and forget the attempts of a run during which the process ended.
    if (before?.dueMs === dueMs && isSameEntry(before, entry) && !this.#running.has(id)) return key;
    this.#deps.entries.put(entry);
    this.#retryMs.delete(id);
    if (this.#running.size < MAX_RUNNING) this.#armFor(this.#beginMs(entry));
    return key;
  }

  /** Time of the next attempt to run an entry; `undefined` while it runs, and if its schedule does not exist. */
  #beginMs(entry: Entry): number | undefined {
    const id = entryId(entry);
    if (this.#running.has(id) || !this.#deps.names.has(entry.name)) return undefined;
    return Math.max(entry.dueMs, this.#retryMs.get(id) ?? Number.NEGATIVE_INFINITY);
  }

  /** Sets the alarm for the next run. */
  #arm(): void {
    this.#cancelAlarm();
    this.#alarmMs = Number.POSITIVE_INFINITY;
    if (this.#running.size >= MAX_RUNNING) return;
    this.#armFor(this.#deps.entries.earliest((entry) => this.#beginMs(entry)));
  }

  /** Sets the alarm for a run, if it is before the next one. */
  #armFor(beginMs: number | undefined): void {
    if (this.#state !== 'started' || beginMs === undefined || beginMs >= this.#alarmMs) return;
    this.#cancelAlarm();
    this.#alarmMs = beginMs;
    this.#cancelAlarm = this.#deps.clock.at(beginMs, () => this.#tick());
  }

  #tick(): void {
    const { entries, clock } = this.#deps;
    const nowMs = clock.now();
    for (const entry of entries.due(nowMs)) {
      if (this.#running.size >= MAX_RUNNING) break;
      const beginMs = this.#beginMs(entry);
      if (beginMs !== undefined && beginMs <= nowMs) void this.#begin(entry);
    }
    this.#arm();
  }

  /** Runs an entry once. Never rejects. */
  async #begin(entry: Entry): Promise<void> {
    const { clock, log } = this.#deps;
    const id = entryId(entry);
    this.#running.add(id);
    try {
      const isOver = await this.#runClaimed(entry);
      if (isOver) this.#retryMs.delete(id);
      else this.#retryMs.set(id, clock.now() + RETRY_MS);
    } catch (error) {
      this.#retryMs.set(id, clock.now() + RETRY_MS);
      log.error('could not record a scheduled run in the store: trying again', { schedule: entry.name, key: entry.key, error });
    }
    this.#running.delete(id);
    this.#arm();
    if (this.#running.size === 0) this.#nowIdle();
  }

  #nowIdle(): void {
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  /** @returns whether the run is over, rather than to be tried again. */
  async #runClaimed(entry: Entry): Promise<boolean> {
    const { entries, claims, log, run } = this.#deps;
    const id = entryId(entry);
    const fields = { schedule: entry.name, key: entry.key };
    if (this.#unrecorded.get(id) === entry) return this.#complete(entry);
    if (entry.attempts >= MAX_ATTEMPTS) {
      log.error('gave up on a scheduled run: the process ended during each attempt', { ...fields, attempts: entry.attempts });
      return this.#complete(entry);
    }
    const verdict = await claims.claim(`${id} ${entry.dueMs}`);
    if (this.#state === 'stopped' || verdict === 'unreachable') return false;
    // Cancelled or replaced during the claim.
    if (entries.get(id) !== entry) return true;
    if (verdict === 'lost') {
      log.debug('another replica runs a scheduled entry', fields);
      return this.#complete(entry);
    }
    const begun = { ...entry, attempts: entry.attempts + 1 };
    entries.put(begun);
    const result = await run(begun);
    if (entries.get(id) !== begun) return true;
    if (result === 'done') this.#complete(begun);
    if (result === 'refused') entries.put(entry);
    return result === 'done';
  }

  /** Removes an entry whose run is over, or sets the time of its next run. */
  #complete(entry: Entry): true {
    const { entries, clock } = this.#deps;
    this.#unrecorded.set(entryId(entry), entry);
    const nextMs = nextRunMs(entry.recurrence, Math.max(entry.dueMs, clock.now()));
    if (nextMs === undefined) entries.delete(entryId(entry));
    else entries.put({ ...entry, dueMs: nextMs, attempts: 0 });
    this.#unrecorded.delete(entryId(entry));
    return true;
  }
}

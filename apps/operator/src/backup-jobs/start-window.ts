/** Named schedules. */
const NAMED: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const HOUR = 60;
const DAY = 24 * HOUR;

/**
 * Schedules that run like `schedule`, each a number of minutes below `window` later, starting with the schedule itself. Returns only
 * the schedule if it cannot be parsed or cannot be moved as a whole, such as `0,30 3 * * *` over the hour.
 *
 * @param window in minutes.
 * @example
 * laterSchedules('58 3 * * *', 4); // ['58 3 * * *', '59 3 * * *', '0 4 * * *', '1 4 * * *']
 */
export function laterSchedules(schedule: string, window: number): readonly string[] {
  const fields = (NAMED[schedule] ?? schedule).trim().split(/\s+/);
  const [minutes, hours] = [valuesOf(fields[0] ?? '', HOUR), valuesOf(fields[1] ?? '', 24)];
  if (fields.length !== 5 || minutes === undefined || hours === undefined) return [schedule];
  const starts = hours.flatMap((hour) => minutes.map((minute) => hour * HOUR + minute));
  const days = fields.slice(2);
  // After midnight it would be another day, which only daily schedules allow.
  const isDaily = days.every((field) => field === '*' || field === '?');
  const latest = isDaily ? DAY : DAY - Math.max(...starts);
  const later = Array.from({ length: Math.max(0, Math.min(window, latest) - 1) }, (_, index) => index + 1)
    .map((offset) => timesOf(starts.map((start) => (start + offset) % DAY)))
    .filter((times) => times !== undefined)
    .map((times) => [...times, ...days].join(' '));
  return [schedule, ...later];
}

/** Minute and hour fields for these start times; undefined if two fields cannot express them. */
function timesOf(starts: readonly number[]): readonly [minute: string, hour: string] | undefined {
  const [minutes, hours] = [(start: number) => start % HOUR, (start: number) => Math.floor(start / HOUR)].map((of) => [
    ...new Set(starts.map(of).toSorted((a, b) => a - b)),
  ]);
  if (minutes === undefined || hours === undefined || minutes.length * hours.length !== new Set(starts).size) return undefined;
  return [minutes.join(','), hours.length === 24 ? '*' : hours.join(',')];
}

/** Values of a minute or hour field, below `end`; undefined unless they are numbers, ranges, steps or lists of these. */
function valuesOf(field: string, end: number): readonly number[] | undefined {
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const [, range = '', first, last, step] = /^(\*|\?|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part) ?? [];
    if (range === '') return undefined;
    const from = Number(first ?? 0);
    const to = last === undefined ? (first === undefined || step !== undefined ? end - 1 : from) : Number(last);
    if (to >= end || from > to || step === '0') return undefined;
    for (let value = from; value <= to; value += Number(step ?? 1)) values.add(value);
  }
  return [...values];
}

/** Minutes of a duration such as `90m` or `1h30m`. */
export function windowMinutes(duration: string): number {
  const [, hours = '0', minutes = '0'] = /^(?:(\d+)h)?(?:(\d+)m)?$/.exec(duration) ?? [];
  return Number(hours) * HOUR + Number(minutes);
}

/** Picks the schedule for a module: always the same one, and evenly distributed over many modules. */
export function scheduleFor(schedules: readonly string[], hash: number): string {
  return schedules[hash % schedules.length] ?? '';
}

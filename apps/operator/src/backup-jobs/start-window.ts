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

/** In minutes. */
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
  const days = fields.slice(2);
  // After midnight it would be another day, which only daily schedules allow.
  const isDaily = days.every((field) => field === '*' || field === '?');
  const latest = isDaily ? DAY : DAY - (Math.max(...hours) * HOUR + Math.max(...minutes));
  const [minuteFields, hourFields] = [shiftedFields(minutes, HOUR), shiftedFields(hours, DAY / HOUR)];
  const later = Array.from({ length: Math.max(0, Math.min(window, latest) - 1) }, (_, index) => index + 1)
    .map((offset) => {
      const [wholeHours, rest] = [Math.floor(offset / HOUR), offset % HOUR];
      const intoNextHour = minutes.filter((minute) => minute + rest >= HOUR).length;
      const isWhole = intoNextHour === 0 || intoNextHour === minutes.length || hours.length === DAY / HOUR;
      return isWhole
        ? [minuteFields[rest], hourFields[wholeHours + (intoNextHour === minutes.length ? 1 : 0)], ...days].join(' ')
        : undefined;
    })
    .filter((times) => times !== undefined);
  return [schedule, ...later];
}

/** Fields of `values` moved by 0, 1 and so on up to `end`, beyond which they begin at 0 again. */
function shiftedFields(values: readonly number[], end: number): readonly string[] {
  return Array.from({ length: end + 1 }, (_, by) => {
    const moved = values.map((value) => (value + by) % end).toSorted((one, other) => one - other);
    return moved.length === DAY / HOUR && end === DAY / HOUR ? '*' : moved.join(',');
  });
}

/** Values of a minute or hour field, below `end`; undefined unless they are numbers, ranges, steps or lists of these. */
function valuesOf(field: string, end: number): readonly number[] | undefined {
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const range = rangeOf(part, end);
    if (range === undefined) return undefined;
    for (let value = range.from; value <= range.to; value += range.by) values.add(value);
  }
  return [...values];
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly by: number;
}

/** The range of a number, a range or steps below `end`; undefined for any other text. */
function rangeOf(text: string, end: number): Range | undefined {
  const [, range = '', first, last, step] = /^(\*|\?|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(text) ?? [];
  if (range === '') return undefined;
  const from = Number(first ?? 0);
  const isOneValue = first !== undefined && step === undefined;
  const to = Number(last ?? (isOneValue ? first : end - 1));
  const by = Number(step ?? 1);
  return to >= end || from > to || by === 0 ? undefined : { from, to, by };
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

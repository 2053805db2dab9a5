import type { ClusterStatus, ModuleState } from './cluster-status.ts';

/** A duration in its largest unit. @example ageText(5_400); // '90m' */
export function ageText(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
  ] as const;
  // Two of a unit: `90m` is more precise than `1h`.
  const [unit, size] = units.find(([, unitSeconds]) => seconds >= 2 * unitSeconds) ?? ['s', 1];
  return `${Math.floor(seconds / size)}${unit}`;
}

const NONE = '-';

/** Rows with aligned columns, two blanks apart. */
export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function moduleRow(module: ModuleState, nowMs: number): string[] {
  const ago = (time: string): string => `${ageText(Math.max(0, (nowMs - Date.parse(time)) / 1_000))} ago`;
  const run = (last: ModuleState['lastBackup']): string => (last === undefined ? NONE : `${last.result} ${ago(last.time)}`);
  return [
    ...[module.name, module.ready, module.reason, String(module.restarts)],
    module.uptimeSeconds === undefined ? NONE : ageText(module.uptimeSeconds),
    ...[run(module.lastBackup), run(module.lastVerified)],
    module.image ?? NONE,
    module.commands === undefined || module.commands.length === 0 ? NONE : module.commands.join(' '),
  ];
}

/** A table below an empty line; nothing without rows. */
const section = (head: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  rows.length === 0 ? [] : ['', ...tableLines([head, ...rows])];

/** One screen about a bot. @param nowMs milliseconds since 1970. */
export function statusLines({ nats, modules, stores, schedules, problems, notAsked }: ClusterStatus, nowMs: number): string[] {
  const lines = [
    ...section(
      ['NATS', 'READY', 'REASON', 'SERVERS', 'HOST'],
      nats.map(({ name, ready, reason, servers, host }) => [name, ready, reason, servers, host ?? NONE]),
    ),
    ...section(
      ['MODULE', 'READY', 'REASON', 'RESTARTS', 'UPTIME', 'BACKUP', 'VERIFIED', 'IMAGE', 'COMMANDS'],
      modules.map((module) => moduleRow(module, nowMs)),
    ),
    ...section(
      ['STORE', 'READY', 'REASON'],
      stores.map(({ name, ready, reason }) => [name, ready, reason]),
    ),
    ...section(
      ['SCHEDULE', 'READY', 'REASON', 'MODULES', 'LAST SUCCESS'],
      schedules.map(({ name, ready, reason, modules: count, lastSuccessfulTime }) => [
        ...[name, ready, reason, String(count)],
        lastSuccessfulTime === undefined ? NONE : `${ageText(Math.max(0, (nowMs - Date.parse(lastSuccessfulTime)) / 1_000))} ago`,
      ]),
    ),
    ...notAsked.flatMap((reason) => ['', `Uptime and commands are unknown: ${reason}`]),
    ...problems.flatMap(({ object, reason, message, fix }) => ['', `${object}: ${reason}`, `  ${message}`, `  Fix: ${fix}`]),
    ...(problems.length === 0 && modules.length > 0 ? ['', 'No problems found.'] : []),
  ];
  return lines[0] === '' ? lines.slice(1) : lines;
}

import { type Logger, pino } from 'pino';
import { describedError } from './error-fields.ts';
import { readableLine } from './line.ts';
import { BatchedOutput } from './output.ts';

/** What stands beside the message of a log line; `producer` names the part of the module that wrote it. */
export interface LogFields {
  producer?: string;
  [field: string]: unknown;
}

/** Writes one line at one level. */
export type LogMethod = (message: string, fields?: LogFields | Error) => void;

/** A levelled logger. */
export interface Log {
  debug: LogMethod;
  info: LogMethod;
  warn: LogMethod;
  error: LogMethod;
}

/** The log of the whole process, whose level can be changed while it runs. */
export interface ProcessLog extends Log {
  /**
   * `debug`, `info`, `warn`, `error` or `silent`: lines below it are not written. Names of other loggers (`verbose`, `trace`,
   * `fatal` …) can be set too and become the nearest of these. Anything else leaves the level as it is, and a log line says so.
   */
  level: string;
}

type Level = keyof Log;

/** Names of levels that other loggers know; their users set them in LOG_LEVEL. */
const LEVELS: Readonly<Record<string, Level | 'silent'>> = {
  silly: 'debug',
  trace: 'debug',
  verbose: 'debug',
  debug: 'debug',
  http: 'debug',
  info: 'info',
  notice: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  fatal: 'error',
  silent: 'silent',
};

const levelNamed = (name: string): Level | 'silent' | undefined => {
  const asked = name.trim().toLowerCase();
  return Object.hasOwn(LEVELS, asked) ? LEVELS[asked] : undefined;
};

/** The time as pino puts it into a line; made once for all lines of a millisecond. */
function timestampField(): () => string {
  let nowMs = 0;
  let field = '';
  return () => {
    const currentMs = Date.now();
    if (currentMs !== nowMs) {
      nowMs = currentMs;
      field = `,"time":"${new Date(nowMs).toISOString()}"`;
    }
    return field;
  };
}

function createLogger(env: NodeJS.ProcessEnv): Logger {
  const asked = env['LOG_LEVEL']?.trim() ?? '';
  const level = asked === '' ? 'info' : levelNamed(asked);
  const inProduction = env['NODE_ENV'] === 'production';
  const coloured = process.stdout.isTTY === true && env['NO_COLOR'] === undefined;
  const output = new BatchedOutput(undefined, (missingBytes) => {
    logger.warn({ producer: 'log', missingBytes }, 'nobody read the log for a while: lines are missing here');
  });
  process.on('exit', () => output.flush());
  const logger = pino(
    {
      level: level ?? 'info',
      base: null,
      timestamp: timestampField(),
      formatters: { level: (label) => ({ level: label }) },
      // Errors are described before they get here; pino would describe `err` in its own way.
      serializers: { err: (value: unknown) => value },
    },
    inProduction ? output : { write: (line: string) => output.write(readableLine(line, { coloured })) },
  );
  if (level === undefined) logger.warn({ producer: 'log' }, `LOG_LEVEL is "${asked}", which is no level; using info`);
  return logger;
}

/** Fields of chat payloads that hold what people said. */
const SAID: ReadonlySet<string> = new Set(['text', 'originalText', 'matchedText', 'rawEvent']);

/** How deep a field is looked into for what people said; what is deeper is left out above `debug`. */
const DEEPEST = 4;

/** The value that may be written; errors as plain objects, of which JSON would make `{}`. */
function writableValue(name: string, value: unknown, { showSaid, depth = 0 }: { showSaid: boolean; depth?: number }): unknown {
  if (value instanceof Error) return describedError(value, { showSaid });
  if (showSaid) return value;
  if (SAID.has(name)) return typeof value === 'string' ? `[${value.length} characters]` : '[left out]';
  if (typeof value !== 'object' || value === null) return value;
  if (depth === DEEPEST) return '[left out]';
  const within = (key: string, each: unknown): unknown => writableValue(key, each, { showSaid, depth: depth + 1 });
  if (Array.isArray(value)) return value.map((each) => within('', each));
  if ('toJSON' in value && typeof value.toJSON === 'function') return within('', value.toJSON(name));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, within(key, each)]));
}

function writableFields(fields: LogFields | Error, level: Level): LogFields {
  const showSaid = level === 'debug';
  if (fields instanceof Error) return { error: describedError(fields, { showSaid }) };
  // Most lines are about neither errors nor texts, and are not copied.
  let copy: LogFields | undefined;
  for (const name of Object.keys(fields)) {
    const value = writableValue(name, fields[name], { showSaid });
    if (value === fields[name]) continue;
    copy ??= { ...fields };
    copy[name] = value;
  }
  return copy ?? fields;
}

let created: Logger | undefined;

/** The level and the format are read when the first line is written, not at import. */
const theLogger = (): Logger => (created ??= createLogger(process.env));

const writing =
  (level: Level): LogMethod =>
  (message, fields) => {
    const logger = theLogger();
    if (fields === undefined) logger[level](message);
    else if (logger.isLevelEnabled(level)) logger[level](writableFields(fields, level), message);
  };

/**
 * The module's log on standard output: one JSON object a line when `NODE_ENV=production`, readable
 * lines otherwise. `LOG_LEVEL` is `debug`, `info` (default), `warn`, `error` or `silent`.
 *
 * The text of chat messages belongs at `debug` at most: it is what people said. The fields `text`,
 * `originalText`, `matchedText` and `rawEvent` are left out of lines above that, at any depth.
 *
 * @example
 * log.info('answered', { producer: 'echo', platform: 'irc', channel: '#eevee' });
 * log.error('cannot answer', { producer: 'echo', error });
 * log.level = 'debug';
 */
export const log: ProcessLog = {
  debug: writing('debug'),
  info: writing('info'),
  warn: writing('warn'),
  error: writing('error'),
  get level() {
    return theLogger().level;
  },
  set level(asked) {
    const level = levelNamed(asked);
    if (level === undefined) log.warn(`"${asked}" is not a log level: the level stays "${log.level}"`, { producer: 'log' });
    else theLogger().level = level;
  },
};

import { type Logger, pino } from 'pino';
import { describedError } from './error-fields.ts';
import { readableLine } from './line.ts';
import { BatchedOutput } from './output.ts';
import { isSecretName, withoutUrlCredentials } from './redaction.ts';

/** Fields of a log line; `producer` names the part of the module that wrote it. */
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

/** Writes one line at one level. An error instead of a message is written with its message, stack and causes. */
export type ErrorLogMethod = (message: string | Error, fields?: LogFields | Error) => void;

/** A levelled logger that also accepts an error as the message. */
export interface ErrorLog extends Log {
  debug: ErrorLogMethod;
  info: ErrorLogMethod;
  warn: ErrorLogMethod;
  error: ErrorLogMethod;
}

/** Log of the whole process, whose level can be changed at run time. */
export interface ProcessLog extends ErrorLog {
  /**
   * `debug`, `info`, `warn`, `error` or `silent`: lines below the level are not written. Level names of other loggers (`verbose`,
   * `trace`, `fatal` …) map to the nearest of these. Any other value leaves the level unchanged and logs a warning.
   */
  level: string;
}

type Level = keyof Log;

/** Level names of other loggers, which users set in LOG_LEVEL. */
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

/** The time in the format of pino; formatted once for all lines of a millisecond. */
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
    logger.warn({ producer: 'log', missingBytes }, 'the log was not read for a while: lines are missing here');
  });
  process.on('exit', () => output.flush());
  const logger = pino(
    {
      level: level ?? 'info',
      base: null,
      timestamp: timestampField(),
      formatters: { level: (label) => ({ level: label }) },
      // Errors are already plain objects here; pino would serialize `err` in its own way.
      serializers: { err: (value: unknown) => value },
    },
    inProduction ? output : { write: (line: string) => output.write(readableLine(line, { coloured })) },
  );
  if (level === undefined) logger.warn({ producer: 'log' }, `LOG_LEVEL is "${asked}", which is not a level; using info`);
  return logger;
}

/** Fields of chat payloads that contain chat text. */
const SAID: ReadonlySet<string> = new Set(['text', 'originalText', 'matchedText', 'rawEvent']);

/** Depth to which fields are searched for chat text; deeper values are omitted above `debug`. */
const DEEPEST = 4;

/** Names that every line already has: duplicate keys are ambiguous in JSON. */
const OWN_NAMES: ReadonlySet<string> = new Set(['level', 'time', 'msg']);

interface Place {
  readonly showSaid: boolean;
  readonly depth?: number;
}

/** The value to write; errors become plain objects, which JSON would otherwise turn into `{}`. */
function writableValue(name: string, value: unknown, { showSaid, depth = 0 }: Place): unknown {
  if (value instanceof Error) return describedError(value, { showSaid });
  if (isSecret(name, value)) return '[secret]';
  if (!showSaid && SAID.has(name)) return withoutSaid(value);
  if (typeof value === 'string') return withoutUrlCredentials(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === DEEPEST) return showSaid ? value : '[left out]';
  return writableObject(name, value, { showSaid, depth: depth + 1 });
}

const isSecret = (name: string, value: unknown): boolean => value !== undefined && value !== null && isSecretName(name);

const withoutSaid = (value: unknown): string => (typeof value === 'string' ? `[${value.length} characters]` : '[left out]');

function writableObject(name: string, value: object, place: Place): unknown {
  if (Array.isArray(value)) return value.map((each) => writableValue('', each, place));
  if ('toJSON' in value && typeof value.toJSON === 'function') return writableValue('', value.toJSON(name), place);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, writableValue(key, each, place)]));
}

function writableFields(fields: LogFields | Error, level: Level): LogFields {
  const showSaid = level === 'debug';
  if (fields instanceof Error) return { error: describedError(fields, { showSaid }) };
  // Most lines contain neither errors nor chat text, and are not copied.
  let copy: LogFields | undefined;
  for (const name of Object.keys(fields)) {
    const value = writableValue(name, fields[name], { showSaid });
    if (value === fields[name] && !OWN_NAMES.has(name)) continue;
    copy ??= { ...fields };
    if (OWN_NAMES.has(name)) delete copy[name];
    copy[OWN_NAMES.has(name) ? `${name}_` : name] = value;
  }
  return copy ?? fields;
}

/** An error in place of the message: its message becomes the message of the line. */
function ofError(error: Error, fields: LogFields | Error | undefined, level: Level): { message: string; fields: LogFields } {
  const described = describedError(error, { showSaid: level === 'debug' });
  return { message: described.message, fields: { error, ...(fields instanceof Error ? { other: fields } : fields) } };
}

let created: Logger | undefined;

/** The level and the format are read when the first line is written, not at import. */
const theLogger = (): Logger => (created ??= createLogger(process.env));

const writing = (level: Level): ErrorLogMethod => {
  const write = (message: string, fields: LogFields | Error | undefined): void => {
    const logger = theLogger();
    if (fields === undefined) logger[level](withoutUrlCredentials(message));
    else if (logger.isLevelEnabled(level)) logger[level](writableFields(fields, level), withoutUrlCredentials(message));
  };
  return (given, more) => {
    if (!(given instanceof Error)) return write(given, more);
    const { message, fields } = ofError(given, more, level);
    return write(message, fields);
  };
};

/**
 * Log of the module on standard output: one JSON object per line if `NODE_ENV=production`, readable lines otherwise. `LOG_LEVEL` is
 * `debug`, `info` (default), `warn`, `error` or `silent`.
 *
 * Log the text of chat messages only at `debug`: it is private. The fields `text`, `originalText`, `matchedText` and `rawEvent` are
 * omitted above that level, at any depth. Fields whose names suggest a secret (`password`, `token`, `apiKey` …) are omitted from all
 * lines, and so are credentials before the host of a URL. A field named `level`, `time` or `msg` is written as `level_`, `time_` or
 * `msg_`.
 *
 * @example
 * log.info('answered', { producer: 'echo', platform: 'irc', channel: '#eevee' });
 * log.error('cannot answer', { producer: 'echo', error });
 * log.error(error);
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

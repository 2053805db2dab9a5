import { describedError, isError, textOf } from './error-fields.ts';
import { type LinePlace, type LogFields, writableFields, writableMessage } from './fields.ts';
import { readableLine } from './line.ts';
import { BatchedOutput } from './output.ts';
import { plainJson } from './plain-fields.ts';

export type { LogFields } from './fields.ts';

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

const levelNamed = (name: unknown): Level | 'silent' | undefined => {
  const asked = typeof name === 'string' ? name.trim().toLowerCase() : '';
  return Object.hasOwn(LEVELS, asked) ? LEVELS[asked] : undefined;
};

/** From the most to the least detailed; lines of later levels are written too. */
const LEVEL_ORDER: readonly (Level | 'silent')[] = ['debug', 'info', 'warn', 'error', 'silent'];

/** The beginning of all lines of a level and a millisecond, formatted once for all of them. */
class LineStarts {
  #nowMs = 0;
  #time = '';

  of(level: Level): string {
    const nowMs = Date.now();
    if (nowMs !== this.#nowMs) {
      this.#nowMs = nowMs;
      this.#time = new Date(nowMs).toISOString();
    }
    return `{"level":"${level}","time":"${this.#time}"`;
  }
}

/** Writes lines of JSON. Fields and messages are writable ones: no value of them throws when it is read. */
class Logger {
  #level: Level | 'silent' = 'info';
  #order = LEVEL_ORDER.indexOf('info');
  readonly #starts = new LineStarts();
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  get level(): Level | 'silent' {
    return this.#level;
  }

  set level(level: Level | 'silent') {
    this.#level = level;
    this.#order = LEVEL_ORDER.indexOf(level);
  }

  isEnabled(level: Level): boolean {
    return LEVEL_ORDER.indexOf(level) >= this.#order;
  }

  /** @param fields an object as JSON. */
  write(level: Level, message: string, fields: string): void {
    if (!this.isEnabled(level)) return;
    const named = fields.slice(1, -1);
    this.#write(`${this.#starts.of(level)}${named === '' ? '' : `,${named}`},"msg":${JSON.stringify(message)}}\n`);
  }
}

function createLogger(env: NodeJS.ProcessEnv): Logger {
  const asked = env['LOG_LEVEL']?.trim() ?? '';
  const level = asked === '' ? 'info' : levelNamed(asked);
  const inProduction = env['NODE_ENV'] === 'production';
  const coloured = process.stdout.isTTY === true && env['NO_COLOR'] === undefined;
  const output = new BatchedOutput(undefined, (missingBytes) => {
    logger.write('warn', 'the log was not read for some time: lines are missing here', JSON.stringify({ producer: 'log', missingBytes }));
  });
  process.on('exit', () => output.flush());
  const logger = new Logger((line) => output.write(inProduction ? line : readableLine(line, { coloured })));
  if (level === undefined) logger.write('warn', `LOG_LEVEL is "${asked}", which is not a level; using info`, '{"producer":"log"}');
  else logger.level = level;
  return logger;
}

/** The fields of a line as JSON. */
const fieldsOf = (given: unknown, place: LinePlace): string => plainJson(given) ?? JSON.stringify(writableFields(given, place));

/** The message and the fields of a line. An error in place of the message: its message becomes the message of the line. */
function lineOf(given: unknown, more: unknown, place: LinePlace): { message: string; fields: string } {
  if (!isError(given)) return { message: writableMessage(given, place), fields: fieldsOf(more, place) };
  const error = describedError(given, place);
  const fields = JSON.stringify({ error, ...writableFields(isError(more) ? { other: more } : more, place) });
  return { message: error.message, fields };
}

let created: Logger | undefined;

/** The level and the format are read when the first line is written, not at import. */
const theLogger = (): Logger => (created ??= createLogger(process.env));

const writing =
  (level: Level): ErrorLogMethod =>
  (given, more) => {
    const logger = theLogger();
    if (!logger.isEnabled(level)) return;
    const { message, fields } = lineOf(given, more, { showSaid: level === 'debug' });
    logger.write(level, message, fields);
  };

/**
 * Log of the module on standard output: one JSON object per line if `NODE_ENV=production`, readable lines otherwise. `LOG_LEVEL` is
 * `debug`, `info` (default), `warn`, `error` or `silent`.
 *
 * Log the text of chat messages only at `debug`: it is private. The fields `text`, `originalText`, `matchedText` and `rawEvent` are
 * omitted above that level, at any depth. Fields whose names suggest a secret (`password`, `token`, `apiKey` …) are omitted from all
 * lines, and so are credentials in URLs. A field named `level`, `time` or `msg` is written as `level_`, `time_` or
 * `msg_`. No line throws, whatever it is given: what cannot be read is written as `[unreadable]`.
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
    if (level === undefined) log.warn(`"${textOf(asked)}" is not a log level: the level stays "${log.level}"`, { producer: 'log' });
    else theLogger().level = level;
  },
};

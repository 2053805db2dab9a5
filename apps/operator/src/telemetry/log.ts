import { pino, stdSerializers } from 'pino';

/** Fields of a log line. */
type Fields = Readonly<Record<string, unknown>>;

/** A structured log; `fields` never contain whole resources or secret values. */
export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

/** Keys whose values are never printed, at any depth of a line. */
const SECRET_KEYS = ['token', 'password', 'authorization', 'data', 'stringData'];

/**
 * The operator's log: one JSON object per line for collectors, or readable lines for a terminal.
 *
 * @param given.format `pretty` needs pino-pretty, which is loaded only then.
 */
export async function createLog(given: { readonly level: string; readonly format: 'json' | 'pretty' }): Promise<Log> {
  const options = {
    level: given.level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: (error: unknown) => (error instanceof Error ? stdSerializers.err(error) : error) },
    redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`]), censor: '[redacted]' },
  };
  const logger =
    given.format === 'pretty'
      ? pino(options, (await import('pino-pretty')).default({ colorize: true, sync: true, translateTime: 'SYS:HH:MM:ss.l' }))
      : pino(options);
  const writing = (level: 'debug' | 'info' | 'warn' | 'error') => (message: string, fields?: Fields) => {
    if (fields === undefined) logger[level](message);
    else logger[level](fields, message);
  };
  return { debug: writing('debug'), info: writing('info'), warn: writing('warn'), error: writing('error') };
}

/** A log that adds `given` to every line. A function is called for each line, so that fields which are rarely logged cost nothing before. */
export function withFields(log: Log, given: Fields | (() => Fields)): Log {
  return new LogWithFields(log, given);
}

/** A class, because one is made for each reconcile: functions of its own would take more memory than all else that belongs to one. */
class LogWithFields implements Log {
  readonly #log: Log;
  readonly #given: Fields | (() => Fields);

  constructor(log: Log, given: Fields | (() => Fields)) {
    this.#log = log;
    this.#given = given;
  }

  debug(message: string, fields?: Fields): void {
    this.#log.debug(message, this.#all(fields));
  }

  info(message: string, fields?: Fields): void {
    this.#log.info(message, this.#all(fields));
  }

  warn(message: string, fields?: Fields): void {
    this.#log.warn(message, this.#all(fields));
  }

  error(message: string, fields?: Fields): void {
    this.#log.error(message, this.#all(fields));
  }

  #all(fields: Fields | undefined): Fields {
    return { ...(typeof this.#given === 'function' ? this.#given() : this.#given), ...fields };
  }
}

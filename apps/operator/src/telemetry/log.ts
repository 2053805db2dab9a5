import { pino, stdSerializers } from 'pino';

/** A structured log; `fields` never contain whole resources or secret values. */
export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
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
  const writing = (level: 'debug' | 'info' | 'warn' | 'error') => (message: string, fields?: Readonly<Record<string, unknown>>) => {
    if (fields === undefined) logger[level](message);
    else logger[level](fields, message);
  };
  return { debug: writing('debug'), info: writing('info'), warn: writing('warn'), error: writing('error') };
}

/** A log that adds `given` to every line. */
export function withFields(log: Log, given: Readonly<Record<string, unknown>>): Log {
  return {
    debug: (message, fields) => log.debug(message, { ...given, ...fields }),
    info: (message, fields) => log.info(message, { ...given, ...fields }),
    warn: (message, fields) => log.warn(message, { ...given, ...fields }),
    error: (message, fields) => log.error(message, { ...given, ...fields }),
  };
}

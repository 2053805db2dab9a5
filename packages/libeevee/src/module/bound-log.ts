import { type ErrorLog, type ErrorLogMethod, type Log, type LogFields, log } from '../log/log.ts';

/** The log with some fields already filled in; the fields of a line take precedence. */
export function boundLog(fields: LogFields): ErrorLog {
  const writing =
    (level: keyof Log): ErrorLogMethod =>
    (message, own) =>
      log[level](message, { ...fields, ...(own instanceof Error ? { error: own } : own) });
  return { debug: writing('debug'), info: writing('info'), warn: writing('warn'), error: writing('error') };
}

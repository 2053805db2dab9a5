import { MODULE_ENV } from '@eeveebot/contract';
import { pino } from 'pino';
import { describedError } from './log-error.ts';

/** What a log line says beside its message: `producer` is the part of the module that speaks. */
export type LogFields = Record<string, unknown>;

/** The levelled logger's shape. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

type Level = keyof Logger;

const LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error'] satisfies Level[];

/** Fields of chat payloads that hold what somebody said. */
const SAID: ReadonlySet<string> = new Set(['text', 'originalText', 'matchedText', 'rawEvent']);

/** Keys the line itself uses; a field of that name would make two keys of one name in the JSON. */
const RESERVED: ReadonlySet<string> = new Set(['level', 'time', 'msg']);

const hidden = (value: unknown): string => (typeof value === 'string' ? `[${value.length} characters]` : '[left out]');

/** `fields` as they may be written: what people said only at debug, errors as plain objects. */
export function loggableFields(fields: LogFields, { showSaid }: { showSaid: boolean }): LogFields {
  let loggable: LogFields | undefined;
  for (const key of Object.keys(fields)) {
    const value = fields[key];
    const isError = value instanceof Error;
    const isHidden = !showSaid && SAID.has(key);
    const isReserved = RESERVED.has(key);
    if (!isError && !isHidden && !isReserved) continue;
    loggable ??= { ...fields };
    if (isReserved) delete loggable[key];
    loggable[isReserved ? `_${key}` : key] = isHidden ? hidden(value) : isError ? describedError(value, { showSaid }) : value;
  }
  return loggable ?? fields;
}

/** A stream pino writes to. */
interface Destination {
  write(line: string): void;
  flushSync?(): void;
}

/** How many bytes are gathered before they are written, and how long they wait at the most. */
const WRITE_BYTES = 4096;
const FLUSH_EVERY_MS = 100;

function jsonDestination(): Destination {
  // One write per line would cost more than handling the chat message the line is about.
  const destination = pino.destination({ dest: 1, sync: true, minLength: WRITE_BYTES, periodicFlush: FLUSH_EVERY_MS });
  process.on('exit', () => destination.flushSync());
  return destination;
}

async function terminalDestination(): Promise<Destination> {
  // Loaded only here: in production it is neither read from disk nor kept in memory.
  const { default: pretty } = await import('pino-pretty');
  return pretty({ sync: true, colorize: process.stdout.isTTY === true, translateTime: 'SYS:HH:MM:ss.l', singleLine: true });
}

const askedLevel = (process.env['LOG_LEVEL'] ?? '').toLowerCase();
const destination: Destination = process.env['NODE_ENV'] === 'production' ? jsonDestination() : await terminalDestination();
const lines = pino(
  {
    level: LEVELS.includes(askedLevel) ? askedLevel : 'info',
    base: process.env[MODULE_ENV.resourceName] === undefined ? null : { module: process.env[MODULE_ENV.resourceName] },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  },
  destination,
);

function write(level: Level, message: string, fields: LogFields | undefined): void {
  if (!lines.isLevelEnabled(level)) return;
  if (fields === undefined) lines[level](message);
  else lines[level](loggableFields(fields, { showSaid: level === 'debug' }), message);
  if (level === 'error') destination.flushSync?.();
}

/**
 * The process's logger: one line a call, readable in a terminal, JSON when `NODE_ENV=production`.
 * `LOG_LEVEL` is `debug`, `info` (the default), `warn` or `error`.
 *
 * What people said (`text`, `originalText`, `matchedText`, `rawEvent`) is replaced by its length
 * at every level above debug.
 *
 * @example
 * log.info('Answered a command', { producer: 'echo', channel, trace });
 */
export const log: Logger = {
  debug: (message, fields) => write('debug', message, fields),
  info: (message, fields) => write('info', message, fields),
  warn: (message, fields) => write('warn', message, fields),
  error: (message, fields) => write('error', message, fields),
};

if (askedLevel !== '' && !LEVELS.includes(askedLevel)) {
  log.warn(`LOG_LEVEL is "${askedLevel}": taken as "info". Known levels: ${LEVELS.join(', ')}`, { producer: 'log' });
}

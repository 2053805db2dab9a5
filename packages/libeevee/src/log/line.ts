import { inspect } from 'node:util';

const COLOURS: Readonly<Record<string, number>> = { debug: 90, info: 32, warn: 33, error: 31 };

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Escapes control characters, which a terminal would interpret as colours, titles or line breaks. */
const visible = (text: string): string =>
  text.replaceAll(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);

/** The stack of an error, with those of its causes below it; undefined for another value. */
function readableStack(value: unknown): string | undefined {
  if (!isRecord(value) || typeof value['stack'] !== 'string') return undefined;
  const { stack, cause, errors } = value;
  const below = [...(cause === undefined ? [] : [cause]), ...(Array.isArray(errors) ? errors : [])];
  const causes = below.map(
    (each) => `\n    caused by${readableStack(each) ?? ` ${visible(typeof each === 'string' ? each : inspect(each))}`}`,
  );
  return `\n    ${stack.split('\n').map(visible).join('\n    ')}${causes.join('')}`;
}

/** A stack contains more than the fields of an error; any other field is written as `name=value`. */
function readableField(name: string, value: unknown): string {
  const stack = readableStack(value);
  if (stack !== undefined) return stack;
  if (typeof value === 'string') return ` ${name}=${visible(/^[^\s"=]+$/.test(value) ? value : JSON.stringify(value))}`;
  return ` ${name}=${isRecord(value) || Array.isArray(value) ? inspect(value, { breakLength: Infinity, depth: 4 }) : visible(String(value))}`;
}

/**
 * A JSON log line in readable form for a terminal.
 *
 * @example
 * readableLine('{"level":"info","time":"2026-01-02T03:04:05.678Z","producer":"echo","msg":"answered"}', { coloured: false });
 * // '03:04:05.678 INFO  [echo] answered\n'
 */
export function readableLine(json: string, { coloured }: { coloured: boolean }): string {
  const parsed: unknown = JSON.parse(json);
  if (!isRecord(parsed)) return json;
  const { level, time, msg, producer, ...fields } = parsed;
  const label = String(level).toUpperCase().padEnd(5);
  const colour = COLOURS[String(level)];
  const shownLevel = coloured && colour !== undefined ? `\u001b[${colour}m${label}\u001b[39m` : label;
  const shownProducer = producer === undefined ? '' : `[${visible(String(producer))}] `;
  const shownFields = Object.entries(fields)
    .map(([name, value]) => readableField(visible(name), value))
    .join('');
  return `${String(time).slice(11, 23)} ${shownLevel} ${shownProducer}${visible(String(msg ?? ''))}${shownFields}\n`;
}

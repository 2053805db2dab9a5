import { closeSync, constants, openSync, writeSync } from 'node:fs';

/** Kubernetes takes no more of a termination message. */
const TERMINATION_LOG_BYTES = 4096;

/** What a backup or restore did. */
export interface BackupResult {
  readonly id: string;
  readonly key: string;
  readonly sizeBytes: number;
  readonly uncompressedBytes: number;
  readonly files: number;
  readonly durationSeconds: number;
  readonly sha256: string;
  readonly warnings: readonly string[];
}

/**
 * A result as one line of JSON of at most `limit` bytes: of more warnings than fit, the rest are counted; a long error is cut.
 *
 * @example
 * resultLine({ id: 'x', warnings: ['a grew while it was read'] }, 4096);
 */
export function resultLine(outcome: object, limit = Number.POSITIVE_INFINITY): string {
  const whole = JSON.stringify(outcome);
  if (Buffer.byteLength(whole) <= limit) return whole;
  if ('error' in outcome && typeof outcome.error === 'string') return shortenedError(outcome.error, limit);
  const { warnings = [], ...rest }: { readonly warnings?: readonly string[] } = outcome;
  for (let shown = warnings.length - 1; shown >= 0; shown--) {
    const line = JSON.stringify({ ...rest, warnings: [...warnings.slice(0, shown), `and ${warnings.length - shown} more warnings`] });
    if (Buffer.byteLength(line) <= limit) return line;
  }
  return JSON.stringify(rest);
}

function shortenedError(error: string, limit: number): string {
  let { length } = error;
  for (;;) {
    const line = JSON.stringify({ error: `${error.slice(0, length)}…` });
    const excess = Buffer.byteLength(line) - limit;
    if (excess <= 0 || length === 0) return line;
    length = Math.max(0, length - Math.ceil(excess / 4) - 1);
  }
}

/** Leaves the outcome where Kubernetes reads it. Where there is no such file, nobody does. */
export function writeTerminationLog(path: string, outcome: object): void {
  let file: number;
  try {
    // Without O_CREAT: outside Kubernetes no file must be left in /dev.
    file = openSync(path, constants.O_WRONLY | constants.O_TRUNC);
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'EACCES', 'EROFS', 'EPERM'].includes(String(error.code))) return;
    throw error;
  }
  try {
    writeSync(file, resultLine(outcome, TERMINATION_LOG_BYTES));
  } finally {
    closeSync(file);
  }
}

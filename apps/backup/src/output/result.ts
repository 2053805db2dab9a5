import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { shortenedResult } from './shortened-result.ts';

/** Kubernetes takes no more of a termination message. */
const TERMINATION_LOG_BYTES = 4096;

/** What a backup or restore did. */
export interface BackupResult {
  readonly id: string;
  readonly key: string;
  readonly sizeBytes: number;
  readonly uncompressedBytes: number;
  /** Bytes of the archived files without holes: the room that they take where they are restored. Only of a backup. */
  readonly allocatedBytes?: number;
  readonly files: number;
  readonly durationSeconds: number;
  readonly sha256: string;
  /** Why this backup does not count as a good one; absent when it does. */
  readonly doubt?: string;
  readonly warnings: readonly string[];
  /** Entries that a backup lacks because they could not be read; absent when there are none. */
  readonly leftOut?: number;
  /** Entries whose content is not of one moment; absent when there are none. */
  readonly damaged?: number;
}

/**
 * A result as one line of JSON of at most `limit` bytes: long texts are cut, and elements that are left out of lists are counted.
 *
 * @example
 * resultLine({ id: 'x', warnings: ['a grew while it was read'] }, 4096);
 * resultLine({ kept: thousandIds }, 4096); // {"kept":["0d7b…",…],"omitted":{"kept":900}}
 */
export function resultLine(outcome: object, limit = Number.POSITIVE_INFINITY): string {
  const whole = JSON.stringify(outcome);
  return Buffer.byteLength(whole) <= limit ? whole : JSON.stringify(shortenedResult(outcome, limit));
}

/**
 * Leaves the outcome where Kubernetes reads it. Outside Kubernetes there is no such file, and nothing is written. Whatever goes wrong
 * with it, such as a full disk of the node, must not change the outcome.
 *
 * @returns why it could not be written; undefined when it was, or need not be.
 */
export function writeTerminationLog(path: string, outcome: object): string | undefined {
  try {
    // Without O_CREAT: outside Kubernetes no file must be left in /dev.
    const file = openSync(path, constants.O_WRONLY | constants.O_TRUNC);
    try {
      writeSync(file, resultLine(outcome, TERMINATION_LOG_BYTES));
    } finally {
      closeSync(file);
    }
    return undefined;
  } catch (error) {
    const isOutside = error instanceof Error && 'code' in error && ['ENOENT', 'EACCES', 'EROFS', 'EPERM'].includes(String(error.code));
    return isOutside ? undefined : `the result could not be written to ${path}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

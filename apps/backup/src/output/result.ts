/**
 * Output of a command: the result on standard output and in the termination log (`shortened-result.ts` fits it into 4 KiB), log lines
 * (`log.ts`) and progress (`progress.ts`) on standard error.
 */
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { isErrno, messageOf } from '@eeveebot/contract';
import { shortenedResult } from '../shortened-result.ts';

/** Kubernetes truncates termination messages to this size. */
const TERMINATION_LOG_BYTES = 4096;

/** Result of a backup or restore. */
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
  /** Why this backup does not count as good; absent when it does. */
  readonly doubt?: string;
  readonly warnings: readonly string[];
  /** Entries that are missing because they could not be read; absent when 0. */
  readonly leftOut?: number;
  /** Entries whose content is not a consistent snapshot; absent when 0. */
  readonly damaged?: number;
}

/**
 * Formats a result as one line of JSON of at most `limit` bytes: long texts are truncated, and omitted list elements are counted.
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
 * Writes the outcome to the termination log that Kubernetes reads. Does nothing outside Kubernetes, where the file does not exist. A
 * failure to write it, for example on a full disk, must not change the outcome.
 *
 * @returns why it could not be written; undefined when it was written or does not exist.
 */
export function writeTerminationLog(path: string, outcome: object): string | undefined {
  try {
    // Without O_CREAT, so that no file is created in /dev outside Kubernetes.
    const file = openSync(path, constants.O_WRONLY | constants.O_TRUNC);
    try {
      writeSync(file, resultLine(outcome, TERMINATION_LOG_BYTES));
    } finally {
      closeSync(file);
    }
    return undefined;
  } catch (error) {
    const isOutside = isErrno(error, 'ENOENT', 'EACCES', 'EROFS', 'EPERM');
    return isOutside ? undefined : `the result could not be written to ${path}: ${messageOf(error)}`;
  }
}

import { ERROR_CODES, EeveeError, type ErrorCode, reasonOf } from '../errors.ts';

/** Codes and fixes by SQLite's primary result code. @see https://www.sqlite.org/rescode.html */
const MEANINGS: ReadonlyMap<number, readonly [code: ErrorCode, meaning: string]> = new Map([
  [5, [ERROR_CODES.storeBusy, 'is locked by another process: run the module with size 1, and stop other programs that write to the file']],
  [6, [ERROR_CODES.storeBusy, 'is locked: do not call the store while you read its list']],
  [
    8,
    [ERROR_CODES.storeReadOnly, 'cannot be written: mount the volume read-write, and make the user of the container the owner of the file'],
  ],
  [11, [ERROR_CODES.storeCorrupt, 'is damaged: restore a backup of the volume, or move the file to start with an empty store']],
  [13, [ERROR_CODES.storeFull, 'cannot grow: the volume is full; remove files, or enlarge the volume']],
  [
    14,
    [
      ERROR_CODES.storeUnavailable,
      'cannot be opened: MODULE_DATA must name a directory that exists and that the user of the container can write to',
    ],
  ],
  [26, [ERROR_CODES.storeCorrupt, 'is not a database: restore a backup of the volume, or move the file to start with an empty store']],
]);

const FAILED: readonly [code: ErrorCode, meaning: string] = [
  ERROR_CODES.storeUnavailable,
  'failed: check the volume and the log of its node',
];

/** Whether SQLite reported the error. */
const resultCode = (error: unknown): number | undefined => {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  // The upper bits are details.
  return error.errcode & 0xff;
};

/** Result codes after which SQLite may have rolled the transaction back: busy, out of memory, interrupted, I/O error, full. */
const ENDS_TRANSACTION: ReadonlySet<number | undefined> = new Set([5, 7, 9, 10, 13]);

/**
 * Whether a transaction may be over after an error, so that later writes would no longer be part of it.
 *
 * @see https://www.sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction
 */
export const mayEndTransaction = (error: unknown): boolean => ENDS_TRANSACTION.has(resultCode(error));

/**
 * A SQLite error as an EeveeError that names the file and the fix. Any other error is returned unchanged.
 *
 * @param file path of the database.
 */
export function storeError(error: unknown, file: string): unknown {
  const result = resultCode(error);
  if (result === undefined) return error;
  const [code, meaning] = MEANINGS.get(result) ?? FAILED;
  return new EeveeError(code, `the store ${file} ${meaning} (${reasonOf(error)})`, { cause: error });
}

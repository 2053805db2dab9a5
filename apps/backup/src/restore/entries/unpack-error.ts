import { errorCode, isErrno } from '@eeveebot/contract';
import { printable } from '../../archive/tar/entry.ts';
import { BackupError, failureKind } from '../../errors.ts';

/** An entry could not be created. The message names it by its path in the archive. */
export class UnpackError extends BackupError {}

/** Meanings of errors of creating an entry in an empty directory, as clauses behind its path. */
const MEANINGS: Readonly<Record<string, string>> = {
  EEXIST: 'and an entry whose name differs only in case or accents, which the file system does not distinguish',
  EINVAL: 'an entry that the file system does not accept',
  EILSEQ: 'an entry with a name that the file system does not accept',
  EPROTO: 'an entry with a name that the file system does not accept',
  ENAMETOOLONG: 'an entry with a name or a target that is too long for the file system',
  EFBIG: 'a file that is too large for the file system',
};

/**
 * The error to throw for an error of creating an entry: errors of system calls name only a path in a temporary directory. A full disk and
 * errors of other origins are returned as they are.
 */
export function unpackError(error: unknown, path: Buffer): unknown {
  const code = errorCode(error);
  const isOfSystem = error instanceof Error && 'syscall' in error && code !== undefined;
  if (!isOfSystem || isErrno(error, 'ENOSPC', 'EDQUOT')) return error;
  const name = JSON.stringify(printable(path));
  const meaning = MEANINGS[code];
  if (meaning !== undefined)
    return new UnpackError('io', `the archive contains ${name}${code === 'EEXIST' ? ' ' : ', '}${meaning} (${code})`, { cause: error });
  return new UnpackError(failureKind(error), `${name} could not be unpacked: ${code} (${String(error.syscall)})`, { cause: error });
}

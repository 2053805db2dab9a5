import { lstatSync } from 'node:fs';
import { setModificationTime } from './linux.ts';
import { isMetadataRefusal } from './metadata-refusal.ts';

/** Metadata that the file system does not support, or that this user may not change, does not abort an operation. */
export function ifAllowed(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!isMetadataRefusal(error)) throw error;
  }
}

/** Changes entries of a directory, and then sets its modification time to the present one: the changed entries are not part of its data. */
export function keepingTime(directory: string, change: () => void): void {
  const { mtimeNs } = lstatSync(directory, { bigint: true });
  change();
  ifAllowed(() => setModificationTime(Buffer.from(directory), mtimeNs));
}

/** Fields of a BackupRestore that are other fields of the Job made for it. */
import { jobFields } from '../rejected-job.ts';
import { rejectionText } from '../rejection-text.ts';
import type { ObservedRestore } from './observe.ts';

/** A rejection of the Job, with the fields as the BackupRestore and its module have them. */
export function restoreRejectionText(message: string, { restore, module }: Pick<ObservedRestore, 'restore' | 'module'>): string {
  if (module === undefined) return message;
  return rejectionText(message, { Job: jobFields({ module, podFields: 'spec', pod: restore.spec, jobSpec: 'spec' }) });
}

import { type ApiError, isInvalid, refusedChangeText } from '../../controller/errors.ts';
import { ipcRejectionText } from './own-fields.ts';
import type { IpcProblem } from './status.ts';

/** The problem of a request that the API server refused, permanently or temporarily. */
export function refusedProblem(error: ApiError): IpcProblem {
  if (isInvalid(error)) return { reason: 'InvalidSpec', message: ipcRejectionText(error.message), error };
  return { reason: 'Pending', message: refusedChangeText(error), error };
}

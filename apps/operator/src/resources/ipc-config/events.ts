import type { IpcConfig, IpcConfigReason, IpcConfigStatus } from '@eeveebot/crds';
import type { EventRecorder } from '../../controller/types.ts';
import { recordWorry } from '../readiness-events.ts';

/** Reasons that a person should act on, or that keep it waiting for something. */
const WORRYING: ReadonlySet<string> = new Set<IpcConfigReason>([
  'Pending',
  'InvalidSpec',
  'SecretNotFound',
  'SecretKeyMissing',
  'Unavailable',
]);

/** Tells of an IpcConfig that became unready for one of these reasons. */
export const recordReadiness = (ipcConfig: IpcConfig, status: IpcConfigStatus, events: EventRecorder): void =>
  recordWorry({ resource: ipcConfig, status, worrying: WORRYING, events });

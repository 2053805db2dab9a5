import { IPC_CONFIG_REASONS, type IpcConfig, type IpcConfigStatus } from '@eeveebot/crds';
import type { EventRecorder } from '../../controller/api/events.ts';
import { recordUnready } from '../readiness-events.ts';

/** Records that an IpcConfig became unready for a worrying reason. */
export const recordReadiness = (ipcConfig: IpcConfig, status: IpcConfigStatus, events: EventRecorder): void =>
  recordUnready({ resource: ipcConfig, status, reasons: IPC_CONFIG_REASONS, events });

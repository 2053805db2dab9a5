import type { BotModule, BotModuleReason, BotModuleStatus } from '@eeveebot/crds';
import type { EventRecorder } from '../../controller/types.ts';
import { recordWorry } from '../readiness-events.ts';

/** Reasons that a person should act on, or that keep the module waiting for something. */
const WORRYING: ReadonlySet<string> = new Set<BotModuleReason>([
  'Pending',
  'InvalidSpec',
  'Unavailable',
  'WaitingForBackup',
  'BootstrapRestoreFailed',
]);

/** Tells of a module that became unready for one of these reasons. */
export const recordReadiness = (module: BotModule, status: BotModuleStatus, events: EventRecorder): void =>
  recordWorry({ resource: module, status, worrying: WORRYING, events });

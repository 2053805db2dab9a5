import type { BotModule, BotModuleReason, BotModuleStatus } from '@eeveebot/crds';
import type { EventRecorder } from '../../controller/types.ts';
import { recordWorry } from '../readiness-events.ts';
import { recordVerification } from '../verification-events.ts';

/** Reasons that a person should act on, or that keep the module waiting for something. */
const WORRYING: ReadonlySet<string> = new Set<BotModuleReason>([
  'Pending',
  'InvalidSpec',
  'Unavailable',
  'WaitingForBackup',
  'BootstrapRestoreFailed',
]);

/** Records that a module became unready for one of these reasons, and verifications that failed or recovered. */
export function recordReadiness(module: BotModule, status: BotModuleStatus, events: EventRecorder): void {
  recordWorry({ resource: module, status, worrying: WORRYING, events });
  recordVerification({ resource: module, before: module.status?.lastVerified, now: status.lastVerified, events });
}

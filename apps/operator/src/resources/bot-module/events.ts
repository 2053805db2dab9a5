import { BOT_MODULE_REASONS, type BotModule, type BotModuleStatus } from '@eeveebot/crds';
import type { EventRecorder } from '../../controller/types.ts';
import { recordUnready } from '../readiness-events.ts';
import { recordVerification } from '../verification-events.ts';

/** Records that a module became unready for one of these reasons, and verifications that failed or recovered. */
export function recordReadiness(module: BotModule, status: BotModuleStatus, events: EventRecorder): void {
  recordUnready({ resource: module, status, reasons: BOT_MODULE_REASONS, events });
  recordVerification({ resource: module, before: module.status?.lastVerified, now: status.lastVerified, events });
}

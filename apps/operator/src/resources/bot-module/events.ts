import type { BotModule, BotModuleStatus } from '@eeveebot/crds';
import type { EventRecorder } from '../../controller/types.ts';
import { recordWorry } from '../readiness-events.ts';

/** Reasons that a person should act on. */
const WORRYING: ReadonlySet<string> = new Set(['InvalidSpec', 'Unavailable']);

/** Tells of a module that became unready for a reason that a person should act on. */
export const recordReadiness = (module: BotModule, status: BotModuleStatus, events: EventRecorder): void =>
  recordWorry({ resource: module, status, worrying: WORRYING, events });

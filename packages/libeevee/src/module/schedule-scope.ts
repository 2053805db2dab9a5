import type { Entry } from '../schedule/entries.ts';
import type { HandlerInfo, ModuleContext, ScheduleContext } from './contexts.ts';
import { HandlerScope, type Occasion } from './handler-scope.ts';

/** A run of a scheduled entry, where its answers go. */
export interface ScheduledRun extends Occasion {
  readonly entry: Entry;
}

const NOWHERE = { platform: '', network: '', instance: '', channel: null, nick: '' };

export const scheduledRun = (entry: Entry): ScheduledRun => ({ ...(entry.to ?? NOWHERE), entry });

/** Context of the handler of a schedule for one run. */
export class ScheduleScope<Config> extends HandlerScope<Config> implements ScheduleContext<Config> {
  readonly channel: string | null;
  readonly schedule: string;
  readonly key: string;
  readonly dueAt: Date;
  readonly attempt: number;
  readonly payload: unknown;

  constructor(delivered: ScheduledRun, module: ModuleContext<Config>, handler: HandlerInfo) {
    super(delivered, module, handler);
    const { entry } = delivered;
    this.channel = delivered.channel;
    this.schedule = entry.name;
    this.key = entry.key;
    this.dueAt = new Date(entry.dueMs);
    this.attempt = entry.attempts;
    this.payload = entry.payload;
  }
}

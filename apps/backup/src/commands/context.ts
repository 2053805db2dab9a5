import type { Logger } from 'pino';
import type { Store } from '@eeveebot/object-store';
import type { BackupConfig } from '../settings/config.ts';

/** Dependencies of a command. */
export interface CommandContext {
  readonly config: BackupConfig;
  readonly store: Store;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Whether standard error is a terminal. */
  readonly terminal: boolean;
  readonly now: () => Date;
  readonly newId: () => string;
}

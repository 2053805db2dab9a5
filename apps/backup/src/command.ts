import type { Logger } from 'pino';
import type { Store } from '@eeveebot/object-store';
import type { BackupConfig } from './config.ts';

/** What a command may use. */
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

/** Warnings of a command: told at once, and part of its result. */
export class Warnings {
  readonly list: string[] = [];
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  readonly add = (warning: string): void => {
    this.list.push(warning);
    this.#log.warn(warning);
  };
}

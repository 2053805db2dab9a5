import type { Logger } from 'pino';
import type { Store } from '@eeveebot/object-store';
import type { BackupConfig } from './settings/config.ts';
import { moreWarnings } from './output/shortened-result.ts';
import { shortenedText } from './output/shortened-text.ts';

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

/** Warnings that are logged and reported one by one; more are counted. */
const MOST_WARNINGS = 100;

/** Longest warning in a result, in bytes. */
const LONGEST_WARNING_BYTES = 500;

/** Warnings of a command, for its log and its result. However many there are, they take little memory and time. */
export class Warnings {
  readonly #log: Logger;
  readonly #first: string[] = [];
  readonly #summaries: string[] = [];
  #count = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  readonly add = (warning: string): void => {
    this.#count++;
    if (this.#count > MOST_WARNINGS) {
      if (this.#count === MOST_WARNINGS + 1) this.#log.warn('there are more warnings: they are counted, but not logged');
      return;
    }
    this.#first.push(shortenedText(warning, LONGEST_WARNING_BYTES));
    this.#log.warn(warning);
  };

  /** Adds a warning that sums up others: it is reported before them, and however many there are. */
  readonly summarize = (warning: string): void => {
    this.#summaries.push(shortenedText(warning, LONGEST_WARNING_BYTES));
    this.#log.warn(warning);
  };

  /** What the result reports: the summaries, the first warnings, and how many more there are. */
  get list(): string[] {
    const more = this.#count - this.#first.length;
    return [...this.#summaries, ...this.#first, ...(more > 0 ? [moreWarnings(more)] : [])];
  }
}

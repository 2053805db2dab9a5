import type { Logger } from 'pino';
import { moreWarnings } from '../shortened-result.ts';
import { shortenedText } from '../shortened-text.ts';

/** Maximum number of warnings that are logged and reported individually; further ones are counted. */
const MOST_WARNINGS = 100;

/** Maximum length of a warning in a result, in bytes. */
const LONGEST_WARNING_BYTES = 500;

/** Collects the warnings of a command for its log and its result, in bounded memory and time. */
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
      if (this.#count === MOST_WARNINGS + 1) this.#log.warn('further warnings are counted but not logged');
      return;
    }
    this.#first.push(shortenedText(warning, LONGEST_WARNING_BYTES));
    this.#log.warn(warning);
  };

  /** Adds a warning that summarizes others. It is reported before them and is never dropped. */
  readonly summarize = (warning: string): void => {
    this.#summaries.push(shortenedText(warning, LONGEST_WARNING_BYTES));
    this.#log.warn(warning);
  };

  /** The warnings for the result: summaries, the first warnings, and the number of further ones. */
  get list(): string[] {
    const more = this.#count - this.#first.length;
    return [...this.#summaries, ...this.#first, ...(more > 0 ? [moreWarnings(more)] : [])];
  }
}

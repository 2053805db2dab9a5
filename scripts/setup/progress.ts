const WIDTH = 30;
const PLAIN_EVERY_MS = 15_000;

/** A bar on a terminal; elsewhere a plain line every 15 s. Everything goes to the standard error. */
export class ProgressBar {
  readonly #title: string;
  readonly #started = performance.now();
  readonly #timer: NodeJS.Timeout;
  #fraction: number | undefined;
  #detail = '';

  constructor(title: string) {
    this.#title = title;
    const isTerminal = process.stderr.isTTY;
    console.error(`${title} …`);
    this.#timer = setInterval(() => this.#draw(isTerminal), isTerminal ? 200 : PLAIN_EVERY_MS);
  }

  /** `fraction` from 0 to 1, or undefined while it is unknown. */
  update(fraction: number | undefined, detail: string): void {
    this.#fraction = fraction;
    this.#detail = detail;
  }

  /** Ends the bar with a line that stays. */
  end(sentence: string): void {
    clearInterval(this.#timer);
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
    console.error(`${this.#title}: ${sentence} (${duration(performance.now() - this.#started)})`);
  }

  #draw(isTerminal: boolean): void {
    const elapsed = duration(performance.now() - this.#started);
    const percent = this.#fraction === undefined ? '' : `${Math.floor(this.#fraction * 100)}% `;
    if (!isTerminal) {
      console.error(`  ${percent}${this.#detail}, ${elapsed}`);
      return;
    }
    const filled = Math.round((this.#fraction ?? 0) * WIDTH);
    const bar = this.#fraction === undefined ? '' : `[${'█'.repeat(filled)}${'·'.repeat(WIDTH - filled)}] `;
    process.stderr.write(`\r\x1b[2K  ${bar}${percent}${this.#detail}, ${elapsed}`.slice(0, (process.stderr.columns || 80) + 5));
  }
}

/** `1 min 5 s` */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

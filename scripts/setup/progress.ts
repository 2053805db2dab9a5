import { Presets, SingleBar } from 'cli-progress';

const PLAIN_EVERY_MS = 15_000;

/** A bar on a terminal; elsewhere a plain line every 15 s. Everything goes to the standard error. */
export class ProgressBar {
  readonly #title: string;
  readonly #started = performance.now();
  readonly #bar: SingleBar;

  constructor(title: string) {
    this.#title = title;
    console.error(`${title} …`);
    this.#bar = new SingleBar(
      {
        stream: process.stderr,
        format: `  ${process.stderr.isTTY ? '{bar} ' : ''}{percentage} %, {detail}, {duration_formatted}`,
        barsize: 30,
        fps: 5,
        clearOnComplete: true,
        noTTYOutput: true,
        notTTYSchedule: PLAIN_EVERY_MS,
        // The command handles Ctrl-C, and may end without a last draw: the terminal must then be as it was.
        gracefulExit: false,
        linewrap: true,
      },
      Presets.shades_classic,
    );
    this.#bar.start(1, 0, { detail: 'starting' });
  }

  /** `fraction` from 0 to 1, or undefined while it is unknown. */
  update(fraction: number | undefined, detail: string): void {
    this.#bar.update(fraction ?? 0, { detail });
  }

  /** Ends the bar with a line that stays. */
  end(sentence: string): void {
    this.#bar.stop();
    console.error(`${this.#title}: ${sentence} (${duration(performance.now() - this.#started)})`);
  }
}

/** `1 min 5 s` */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

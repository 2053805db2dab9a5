import { defined } from '@eeveebot/contract';
import { Presets, SingleBar } from 'cli-progress';

/** Interval of progress reports without a terminal. */
const REPORT_MS = 10_000;

/** Reports the progress of a command. */
export interface Progress extends Disposable {
  /** Adds processed bytes. */
  advance(bytes: number): void;
}

/** Options of {@link startProgress}. */
export interface ProgressOptions {
  /** Name of the operation, such as `backup`. */
  readonly what: string;
  /** Undefined when unknown. */
  readonly totalBytes: number | undefined;
  /** Whether standard error is a terminal. */
  readonly terminal: boolean;
  readonly report: (progress: { readonly bytes: number; readonly totalBytes?: number; readonly bytesPerSecond: number }) => void;
}

/** Shows a progress bar on a terminal, or else reports every 10 s. */
export const startProgress = (options: ProgressOptions): Progress => (options.terminal ? new Bar(options) : new Reports(options));

const MEBIBYTE = 1024 * 1024;

class Bar implements Progress {
  readonly #bar: SingleBar;
  readonly #startedMs = performance.now();
  #bytes = 0;

  constructor({ what, totalBytes = 0 }: ProgressOptions) {
    this.#bar = new SingleBar(
      {
        stream: process.stderr,
        format: `${what} {bar} {percentage} % | {value}/{total} MiB | {rate} MiB/s | {eta_formatted} left`,
        hideCursor: true,
        clearOnComplete: true,
        etaBuffer: 100,
      },
      Presets.shades_classic,
    );
    this.#bar.start(mebibytes(totalBytes), 0, { rate: '0' });
  }

  advance(bytes: number): void {
    this.#bytes += bytes;
    const value = mebibytes(this.#bytes);
    // Files may grow beyond the size measured at the start.
    if (value > this.#bar.getTotal()) this.#bar.setTotal(value);
    const seconds = (performance.now() - this.#startedMs) / 1000;
    this.#bar.update(value, { rate: (this.#bytes / MEBIBYTE / Math.max(seconds, 0.001)).toFixed(1) });
  }

  [Symbol.dispose](): void {
    this.#bar.stop();
  }
}

const mebibytes = (bytes: number): number => Math.round((bytes / MEBIBYTE) * 10) / 10;

class Reports implements Progress {
  readonly #timer: NodeJS.Timeout;
  readonly #startedMs = performance.now();
  #bytes = 0;

  constructor({ totalBytes, report }: ProgressOptions) {
    this.#timer = setInterval(() => {
      const seconds = (performance.now() - this.#startedMs) / 1000;
      report({
        bytes: this.#bytes,
        ...defined({ totalBytes }),
        bytesPerSecond: Math.round(this.#bytes / seconds),
      });
    }, REPORT_MS).unref();
  }

  advance(bytes: number): void {
    this.#bytes += bytes;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

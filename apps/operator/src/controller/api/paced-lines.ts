import { LineSplitter } from './line-splitter.ts';
import type { Slices } from './slices.ts';

/** Stops and continues the stream of bytes that lines are read from. */
export interface Flow {
  pause(): void;
  resume(): void;
}

/**
 * Calls back with the lines of a stream, in order and in slices. The stream is paused while lines wait, so that no more than a
 * part of it is held in memory.
 */
export class PacedLines {
  readonly #slices: Slices;
  readonly #onLine: (line: string) => void;
  readonly #onError: (error: unknown) => void;
  readonly #splitter = new LineSplitter((line) => this.#waiting.push(line));
  readonly #waiting: string[] = [];
  #drained: PromiseWithResolvers<void> | undefined;

  /** @param given.onError called with the error that `onLine` threw: the remaining lines are dropped. */
  constructor(given: { readonly slices: Slices; onLine(line: string): void; onError(error: unknown): void }) {
    this.#slices = given.slices;
    this.#onLine = (line) => given.onLine(line);
    this.#onError = (error) => given.onError(error);
  }

  push(chunk: Buffer, flow: Flow): void {
    this.#splitter.push(chunk);
    if (this.#drained !== undefined) return;
    this.#work();
    if (this.#waiting.length > 0) void this.#workOn(flow);
  }

  /** Resolves when no line waits. */
  async drained(): Promise<void> {
    await this.#drained?.promise;
  }

  /** Drops the lines that wait. */
  clear(): void {
    this.#waiting.length = 0;
  }

  async #workOn(flow: Flow): Promise<void> {
    const drained = Promise.withResolvers<void>();
    this.#drained = drained;
    flow.pause();
    while (this.#waiting.length > 0) {
      await this.#slices.next();
      this.#work();
    }
    this.#drained = undefined;
    flow.resume();
    drained.resolve();
  }

  #work(): void {
    let done = 0;
    try {
      while (done < this.#waiting.length && !this.#slices.isOver) this.#onLine(this.#waiting[done++] ?? '');
      this.#waiting.splice(0, done);
    } catch (error) {
      this.clear();
      this.#onError(error);
    }
  }
}

const LINE_END = 0x0a;

/** Splits a stream of bytes into lines of text. Empty lines are skipped, and so is a line that the end of the stream cuts off. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  /** Beginning of a line whose end has not arrived yet. */
  #rest: Buffer[] = [];

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(LINE_END); end !== -1; end = chunk.indexOf(LINE_END, start)) {
      // Only whole lines are decoded, so no character is cut in two.
      const line = this.#rest.length === 0 ? chunk.toString('utf8', start, end) : this.#joined(chunk.subarray(start, end));
      start = end + 1;
      if (line !== '') this.#onLine(line);
    }
    if (start < chunk.length) this.#rest.push(chunk.subarray(start));
  }

  #joined(last: Buffer): string {
    const line = Buffer.concat([...this.#rest, last]).toString('utf8');
    this.#rest = [];
    return line;
  }
}

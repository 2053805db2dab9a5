/** Shows the steps of the demo: the current step, its duration, and what it waits for. */
export class Steps {
  readonly #verbose: boolean;
  readonly #started = performance.now();
  #silent = false;

  constructor({ verbose }: { readonly verbose: boolean }) {
    this.#verbose = verbose;
  }

  /**
   * Runs one step.
   *
   * @param work may report what it waits for; throwing fails the step.
   */
  async run<T>(title: string, work: (waitingFor: (what: string) => void) => Promise<T>): Promise<T> {
    const started = performance.now();
    let detail = '';
    const timer = process.stdout.isTTY ? setInterval(() => this.#draw(`… ${title}`, started, detail), 200) : undefined;
    if (timer === undefined) console.log(`… ${title}`);
    const waitingFor = (what: string) => {
      if (what !== detail && !this.#silent && (this.#verbose || timer === undefined))
        console.log(`${timer === undefined ? '' : '\r\x1b[2K'}    ${what}`);
      detail = what;
    };
    try {
      const result = await work(waitingFor);
      this.#end(timer, `✓ ${title}`, started);
      return result;
    } catch (error) {
      this.#end(timer, `✗ ${title}`, started);
      throw new Error(`“${title}” failed`, { cause: error });
    }
  }

  /** Stops all output of steps that are still running. */
  silence(): void {
    this.#silent = true;
  }

  /** Seconds since the first step. */
  get elapsedSeconds(): number {
    return Math.round((performance.now() - this.#started) / 1000);
  }

  #draw(line: string, started: number, detail: string): void {
    if (this.#silent) return;
    const text = `${line} (${seconds(started)})${detail === '' ? '' : `: ${detail}`}`;
    process.stdout.write(`\r\x1b[2K${text.slice(0, (process.stdout.columns || 100) - 1)}`);
  }

  #end(timer: NodeJS.Timeout | undefined, line: string, started: number): void {
    clearInterval(timer);
    if (this.#silent) return;
    console.log(`${timer === undefined ? '' : '\r\x1b[2K'}${line} (${seconds(started)})`);
  }
}

const seconds = (started: number): string => `${((performance.now() - started) / 1000).toFixed(1)} s`;

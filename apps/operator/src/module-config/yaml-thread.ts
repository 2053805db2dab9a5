import { Worker } from 'node:worker_threads';

/** A thread without work for this long ends, to free its memory. */
const IDLE_MS = 10_000;

/** Timeout of a check. The longest text that the schema accepts needs about 3 s and 150 MB on a slow machine. */
const PATIENCE_MS = 30_000;
const HEAP_MEBIBYTES = 256;

/** Next to this source file, and in the bundle next to the operator's single file. */
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './yaml-check.worker.ts' : './yaml-check.worker.cjs', import.meta.url);

/** Checks YAML in a separate thread, one text at a time, without blocking the event loop. The thread is started on demand. */
export class YamlThread {
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * The problem of a text; `undefined` if it is valid.
   *
   * @throws Error when the thread cannot be started, crashes on the text, or times out.
   */
  problemOf(text: string): Promise<string | undefined> {
    const checked = this.#last.then(() => this.#check(text));
    // The next text gets its turn regardless of the outcome of this one.
    this.#last = checked.catch(() => undefined);
    return checked;
  }

  async #check(text: string): Promise<string | undefined> {
    clearTimeout(this.#idle);
    const worker = (this.#worker ??= this.#start());
    const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
    const tooLong = () => reject(new Error(`checking ${text.length} characters of YAML took longer than ${PATIENCE_MS / 1000} s`));
    const timeout = setTimeout(tooLong, PATIENCE_MS);
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.postMessage(text, []);
    try {
      return await promise;
    } catch (error) {
      this.#stop();
      throw error;
    } finally {
      clearTimeout(timeout);
      worker.off('message', resolve);
      worker.off('error', reject);
      this.#idle = setTimeout(() => this.#stop(), IDLE_MS).unref();
    }
  }

  #start(): Worker {
    // The thread needs its own memory limit, because the flags of the process do not apply to it.
    const worker = new Worker(WORKER, { resourceLimits: { maxOldGenerationSizeMb: HEAP_MEBIBYTES, maxYoungGenerationSizeMb: 16 } });
    // The check in progress reports how it ended; an error without a listener would end the process.
    worker.on('error', () => undefined);
    worker.unref();
    return worker;
  }

  #stop(): void {
    void this.#worker?.terminate();
    this.#worker = undefined;
  }
}

import { Worker } from 'node:worker_threads';

/** A thread without work for this long ends, and gives its memory back. */
const IDLE_MS = 10_000;

/** Checking the longest text that the schema takes needs about 3 s and 150 MB on a slow machine. */
const PATIENCE_MS = 30_000;
const HEAP_MEBIBYTES = 256;

/** Beside its source, and in the bundle beside the operator's one file. */
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './yaml-check.worker.ts' : './yaml-check.worker.cjs', import.meta.url);

/** Checks YAML in a thread of its own, one text at a time: the event loop goes on meanwhile. The thread is started when there is something to check. */
export class YamlThread {
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * The problem of a text; `undefined` when there is none.
   *
   * @throws Error when the thread cannot be started, dies of the text, or takes too long.
   */
  problemOf(text: string): Promise<string | undefined> {
    const checked = this.#last.then(() => this.#check(text));
    // The next text has its turn whatever became of this one.
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
    // Memory of the thread is bounded by itself: the flags of the process are not its own.
    const worker = new Worker(WORKER, { resourceLimits: { maxOldGenerationSizeMb: HEAP_MEBIBYTES, maxYoungGenerationSizeMb: 16 } });
    // How it ends is reported to the check under way; an error without a listener would end the process.
    worker.on('error', () => undefined);
    worker.unref();
    return worker;
  }

  #stop(): void {
    void this.#worker?.terminate();
    this.#worker = undefined;
  }
}

import { ServerFolder } from './folder.ts';
import { type ServerOptions, ServerProcess } from './server-process.ts';

/** A server that can be paused, killed, and started again with its files. */
export abstract class RestartableServer implements AsyncDisposable {
  readonly #folder: ServerFolder;
  #process: ServerProcess | undefined;

  /** @param kind names its folder. */
  protected constructor(kind: string) {
    this.#folder = new ServerFolder(kind);
  }

  /** Folder with its files and its log. */
  get folder(): string {
    return this.#folder.path;
  }

  protected async startProcess(options: Omit<ServerOptions, 'folder'>): Promise<void> {
    this.#process = await ServerProcess.start({ ...options, folder: this.folder });
  }

  /** Kills the server like a crash; `start` restarts it. */
  async kill(): Promise<void> {
    await this.#process?.stop({ signal: 'SIGKILL' });
  }

  /** Pauses the server, like a network that drops all packets. */
  pause(): void {
    this.#process?.pause();
  }

  /** Resumes a paused server. */
  resume(): void {
    this.#process?.resume();
  }

  /** Sends the server a signal that does not end it. */
  protected signalProcess(signal: NodeJS.Signals): void {
    if (this.#process !== undefined) process.kill(this.#process.pid, signal);
  }

  /** End of its log, at most the given number of lines. */
  logTail(lines?: number): string {
    return this.#process?.logTail(lines) ?? '';
  }

  /** Stops the server and removes its files. */
  async stop(): Promise<void> {
    await this.#process?.stop();
    this.#folder.remove();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

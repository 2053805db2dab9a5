import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isErrno } from '../../setup/error-facts.ts';
import { logTail } from './log-file.ts';
import { rememberLog } from './recent-logs.ts';
import { Watchdog } from './watchdog.ts';

export interface ServerOptions {
  /** Names the log file, and the server in errors. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Its working directory, which also contains its log. */
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it is ready; called every 25 ms until it returns true. Errors count as not ready. */
  readonly isReady: () => Promise<boolean>;
  /** Time limit of the start. Default 300,000. */
  readonly readyTimeoutMs?: number;
}

/** A server did not start, or stopped unexpectedly. The message contains the end of its log. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
}

/** Servers of this process that run now: their logs are shown when a test fails. */
export const runningServers = new Set<ServerProcess>();

/** A started server, with its output in a file. It ends at the latest with this process. */
export class ServerProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #watchdog: Watchdog;

  private constructor(child: ChildProcess, pid: number, { name, logFile }: { name: string; logFile: string }) {
    this.name = name;
    this.pid = pid;
    this.logFile = logFile;
    this.#child = child;
    this.#watchdog = new Watchdog(pid);
    runningServers.add(this);
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#watchdog.release();
        runningServers.delete(this);
        rememberLog({ name, logFile, tail: this.logTail() });
        resolve(signal === null ? `exit code ${code}` : `signal ${signal}`);
      });
    });
  }

  /**
   * Starts a server and waits until it serves.
   *
   * @throws {ServerError} when it ends first or is not ready in time; it is dead then.
   */
  static async start(options: ServerOptions): Promise<ServerProcess> {
    const server = await ServerProcess.#spawn(options);
    try {
      await server.#untilReady(options);
    } catch (error) {
      await server.stop({ signal: 'SIGKILL' });
      throw error;
    }
    return server;
  }

  static async #spawn({ name, command, args, folder, env }: ServerOptions): Promise<ServerProcess> {
    const logFile = join(folder, `${name}.log`);
    const log = openSync(logFile, 'a');
    try {
      const child = spawn(command, args, {
        cwd: folder,
        env: { ...process.env, ...env },
        stdio: ['ignore', log, log],
        // A process group of its own, which can be killed as a whole.
        detached: true,
      });
      const failure = await new Promise<Error | undefined>((resolve) => {
        child.once('spawn', () => resolve(undefined));
        child.once('error', resolve);
      });
      if (failure !== undefined || child.pid === undefined) throw new ServerError(`${name} did not start: ${command}`, { cause: failure });
      // The test runner must be able to exit while a forgotten server still runs; the watchdog then ends the server.
      child.unref();
      return new ServerProcess(child, child.pid, { name, logFile });
    } finally {
      closeSync(log);
    }
  }

  async #untilReady({ isReady, readyTimeoutMs = 300_000 }: ServerOptions): Promise<void> {
    const started = performance.now();
    let lastError: unknown;
    while (performance.now() - started < readyTimeoutMs) {
      const failed = await this.endedYet();
      if (failed !== undefined) throw new ServerError(`${this.name} ended at start (${failed}):\n${this.logTail()}`);
      try {
        if (await isReady()) return;
      } catch (error) {
        lastError = error;
      }
      await wait(25);
    }
    throw new ServerError(`${this.name} was not ready after ${readyTimeoutMs / 1000} s:\n${this.logTail()}`, { cause: lastError });
  }

  /** How it ended, if it has. */
  endedYet(): Promise<string | undefined> {
    return Promise.race([this.ended, Promise.resolve(undefined)]);
  }

  /** Pauses it: connections stay open without responses. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
    // The signal takes effect a moment later, on a busy machine much later: until then the process would still answer.
    const deadline = performance.now() + 60_000;
    while (!isStopped(this.pid)) {
      if (performance.now() > deadline) throw new ServerError(`${this.name} continues although it was stopped`);
    }
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Stops it and waits for its end; SIGKILL after `graceMs` (default 10,000). */
  async stop({ signal = 'SIGTERM', graceMs = 10_000 }: { signal?: NodeJS.Signals; graceMs?: number } = {}): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.ref();
    this.#signal(signal);
    if (signal !== 'SIGKILL') {
      // A paused process gets no other signal until it continues.
      this.#signal('SIGCONT');
      const timer = new AbortController();
      const tooLong = wait(graceMs, true, { signal: timer.signal }).catch(() => false);
      if ((await Promise.race([this.ended, tooLong])) === true) this.#signal('SIGKILL');
      timer.abort();
    }
    await this.ended;
  }

  logTail(lines?: number): string {
    return logTail(this.logFile, lines);
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal);
    } catch (error) {
      // It has ended, which was the goal.
      if (!isErrno(error, 'ESRCH')) throw error;
    }
  }
}

/** Whether all threads of a process are stopped, as far as the system reports it. */
function isStopped(pid: number): boolean {
  if (process.platform !== 'linux') return true;
  const tasks = `/proc/${pid}/task`;
  // The state follows the program's name, which is in parentheses.
  return readdirSync(tasks).every((task) => /\) [Tt] /.test(readFileSync(`${tasks}/${task}/stat`, 'utf8')));
}

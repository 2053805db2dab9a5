import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { platform } from 'node:os';

/** Lines of a log that are shown when something fails. */
const TAIL_LINES = 25;

/** How a child is started. */
export interface ChildInput {
  readonly command: string;
  readonly args: readonly string[];
  /** Working folder. */
  readonly folder: string;
  /** File that gets its output. */
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A process that a test started: it ends with the test process, whatever becomes of that. */
export class Child {
  readonly logFile: string;
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(process: ChildProcess, logFile: string) {
    this.#process = process;
    this.logFile = logFile;
    this.#ended = once(process, 'exit');
  }

  /** @throws Error when the program cannot be started. */
  static async start({ command, args, folder, logFile, env }: ChildInput): Promise<Child> {
    const log = openSync(logFile, 'a');
    try {
      const [file, ...rest] = [...dyingWithParent(command), ...args];
      const child = spawn(file ?? command, rest, { cwd: folder, stdio: ['ignore', log, log], env: { ...process.env, ...env } });
      await once(child, 'spawn');
      return new Child(child, logFile);
    } finally {
      closeSync(log);
    }
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** The end of what it wrote. */
  logTail(): string {
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  }

  /** Sends a signal and waits until the process has ended; one that does not end in time is killed. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', patienceMs = 5_000): Promise<void> {
    if (this.hasEnded) return;
    this.#process.kill(signal);
    const impatience = setTimeout(() => this.#process.kill('SIGKILL'), patienceMs);
    await this.#ended;
    clearTimeout(impatience);
  }

  /** Stops and continues it without its noticing. */
  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }
}

/** On Linux the kernel kills the child when its parent dies. */
function dyingWithParent(command: string): readonly string[] {
  return platform() === 'linux' ? ['setpriv', '--pdeathsig', 'KILL', '--', command] : [command];
}

/** A TCP port of loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return address.port;
}

/** `count` free ports, all different. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

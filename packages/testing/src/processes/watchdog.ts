import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Kills a process group when this process ends for any reason, including SIGKILL.
 *
 * The watchdog reads a pipe that only this process holds open: when this process is gone, the read ends.
 * It writes nothing, and ends without a kill when this process writes to the pipe that the group has ended.
 */
export class Watchdog {
  readonly #shell: ChildProcess;

  constructor(groupPid: number) {
    this.#shell = spawn('/bin/sh', ['-c', 'read -r word; [ "$word" = released ] || kill -s KILL -- "-$1"', 'watchdog', String(groupPid)], {
      stdio: ['pipe', 'ignore', 'ignore'],
      // In a session of its own: a Ctrl-C at the terminal must end the tests, but not the watchdog that cleans up after them.
      detached: true,
    });
    this.#shell.unref();
    this.#shell.stdin?.on('error', ignoreClosedPipe);
    const pipe = this.#shell.stdin;
    if (pipe && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
  }

  release(): void {
    this.#shell.stdin?.end('released\n');
  }
}

/** The watchdog ended first and has nothing left to do. */
function ignoreClosedPipe(): void {}

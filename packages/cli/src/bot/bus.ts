import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { MemoryBus } from '@eeveebot/libeevee/testing';
import { CliError, EXIT } from '../cli-error.ts';

/** A NATS that this program runs. */
export interface Bus {
  /** `host:port`. */
  readonly host: string;
  readonly token: string;
  /** For people: `nats-server` or `in-process`. */
  readonly name: string;
  stop(): Promise<void>;
}

const PROGRAM = process.platform === 'win32' ? 'nats-server.exe' : 'nats-server';

/** Path of a `nats-server` on the PATH; `undefined` without one. */
export function natsServerOnPath(path = process.env['PATH'] ?? ''): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, PROGRAM))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** The port in the log line of a server that is ready to be connected to. */
const LISTENING = /Listening for client connections on \S+:(\d+)/;

/** Waits until the server listens. @throws CliError with its log when it ends before. */
function listeningPort(child: ChildProcess, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const seen: string[] = [];
    const failed = (reason: string): void => reject(new CliError(`${program} did not start: ${reason}`, EXIT.unavailable));
    child.once('error', (error) => failed(error.message));
    child.once('exit', () => failed(seen.slice(-5).join('\n')));
    // Keeps reading afterwards: a full pipe would block the server.
    if (child.stderr !== null) {
      createInterface({ input: child.stderr }).on('line', (line) => {
        seen.push(line);
        if (seen.length > 50) seen.shift();
        const [, port] = LISTENING.exec(line) ?? [];
        if (port !== undefined) resolve(Number(port));
      });
    }
  });
}

/**
 * Runs the server until its standard input ends: a server does not notice when this process is killed, and would keep running. Shells give
 * background processes no standard input, so the pipe has another file descriptor there.
 */
const UNTIL_END_OF_INPUT = 'exec 3<&0; "$0" "$@" & server=$!; { cat <&3 >/dev/null; kill $server; } 2>/dev/null & wait $server';

/** Starts a NATS server on a free port of loopback. */
async function startServer(program: string): Promise<Bus> {
  const folder = mkdtempSync(join(tmpdir(), 'eevee-nats-'));
  const token = randomBytes(16).toString('hex');
  const configuration = join(folder, 'nats.conf');
  // In a file, because arguments are visible to all users of the machine.
  writeFileSync(configuration, JSON.stringify({ host: '127.0.0.1', port: -1, authorization: { token } }), { mode: 0o600 });
  const args = ['--config', configuration];
  const [command, ...all] = process.platform === 'win32' ? [program, ...args] : ['/bin/sh', '-c', UNTIL_END_OF_INPUT, program, ...args];
  const child = spawn(command, all, { stdio: ['pipe', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const stop = async (): Promise<void> => {
    if (process.platform === 'win32') child.kill();
    child.stdin.end();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const port = await listeningPort(child, program);
    return { host: `127.0.0.1:${port}`, token, name: 'nats-server', stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Starts the bus of a bot: the given NATS server, or one in this process.
 *
 * @param program path of `nats-server`.
 * @throws CliError when the server does not start.
 */
export async function startBus(program: string | undefined): Promise<Bus> {
  if (program !== undefined) return startServer(program);
  const bus = await MemoryBus.start();
  return { ...bus.address, name: 'in-process', stop: () => bus.stop() };
}

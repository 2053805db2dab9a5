/**
 * Process of a module: `runner.ts ENTRY CLIENTS STARTS`. Runs the entry point as `node ENTRY` would, and follows the connections to NATS and the
 * starts that libeevee announces on the two diagnostics channels, so that the console knows when the module is ready, and when it is idle. Imports
 * nothing but Node.js.
 */
import { subscribe } from 'node:diagnostics_channel';
import { pathToFileURL } from 'node:url';
import { installClock, moveClock } from './clock.ts';
import type { Report, Request, Stop } from './messages.ts';

/** The part of libeevee's NatsClient that is used. */
interface Connection {
  readonly nats?: { flush(): Promise<unknown>; isClosed(): boolean } | undefined;
  idle(): Promise<void>;
}

const [entry = '', clientChannel = '', startChannel = ''] = process.argv.slice(2);
const connections = new Set<Connection>();
const starts: unknown[] = [];
let isStopping = false;

const report = (message: Report): void => void process.send?.(message);

/** A closed connection fails to flush: it has nothing left to deliver. */
async function flush({ nats }: Connection): Promise<void> {
  if (nats === undefined || nats.isClosed()) return;
  await nats.flush().catch(() => undefined);
}

async function settle(): Promise<void> {
  for (const connection of connections) {
    await flush(connection);
    await connection.idle();
    await flush(connection);
  }
}

function stop(): void {
  if (isStopping) return;
  process.kill(process.pid, 'SIGTERM');
}

async function answer(message: Request | Stop): Promise<void> {
  if (message.do === 'stop') return stop();
  if (message.do === 'advance') moveClock(message.ms);
  await settle();
  report({ report: 'done', request: message.request, connections: connections.size });
}

/** Without a handler of the module, the signal ends the process, as it would without this one. */
function onSignal(signal: 'SIGINT' | 'SIGTERM'): void {
  isStopping = true;
  if (process.listenerCount(signal) === 1) process.exit(signal === 'SIGINT' ? 130 : 143);
}

installClock();
subscribe(clientChannel, (connection) => connections.add(connection as Connection));
subscribe(startChannel, (start) => starts.push(start));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.prependListener(signal, onSignal);
process.on('message', (message: Request | Stop) => void answer(message));
// The console is gone, possibly killed: this process must not outlive it.
process.on('disconnect', stop);
// Without remaining work, the module ends, as it would without the console.
process.channel?.unref();

process.argv.splice(1, 4, entry);
await import(pathToFileURL(entry).href);
// An entry point without top-level await, such as a CommonJS one, does not wait for the start.
await Promise.all(starts);
report({ report: 'started' });

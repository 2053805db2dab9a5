import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { ERROR_CODES, EeveeError } from '../errors.ts';
import { log } from '../log/log.ts';
import { processState } from '../process-state.ts';
import { stopLimits } from './stop-limits.ts';

const PRODUCER = 'shutdown';

/** Time limit for requests in progress. */
const HTTP_LIMIT_MS = 250;

/** Time after a stop for what still runs, if the process exits then. */
const LEFT_RUNNING_MS = 1_000;

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** A client that is drained at shutdown, such as a NatsClient. */
export interface DrainableClient {
  drain(): Promise<unknown>;
  close?(): Promise<unknown>;
}

let armed = false;

function forceExit(reason: string): never {
  process.exitCode = 1;
  // A handler may catch uncaught exceptions: this ends the process anyway.
  setImmediate(() => process.exit(1));
  const message = `[handleSIG] ${reason}, forcing exit.`;
  log.error(message, { producer: PRODUCER });
  throw new EeveeError(ERROR_CODES.forcedExit, message);
}

/**
 * Ensures that the process ends after `signal`: a second SIGINT or SIGTERM, or five seconds without an exit (or the limit of the pod, see
 * {@link stopLimits}), throws and exits with code 1, even if uncaught exceptions are caught. It does not keep the process alive: a process
 * with nothing left to do exits with 0 immediately.
 *
 * Further calls have no effect: the five seconds count from the first call.
 *
 * @example
 * process.on('SIGTERM', () => handleSIG('SIGTERM'));
 */
export function handleSIG(signal: string): void {
  if (armed) return;
  armed = true;
  for (const second of SIGNALS) process.on(second, () => forceExit(`${second} received after ${signal}`));
  const { totalMs } = stopLimits();
  setTimeout(() => forceExit(`still running ${totalMs} ms after ${signal}`), totalMs).unref();
}

/** `undefined` when the time limit is reached first. */
async function within<T>(limitMs: number, work: Promise<T>): Promise<T | undefined> {
  const timer = new AbortController();
  const limit = delay(limitMs, undefined, { signal: timer.signal }).catch(() => undefined);
  try {
    return await Promise.race([work, limit]);
  } finally {
    timer.abort();
  }
}

async function drainClient(client: DrainableClient): Promise<void> {
  const { drainMs } = stopLimits();
  try {
    const drained = await within(
      drainMs,
      client.drain().then(() => true),
    );
    if (drained === true) return;
    log.warn(`NATS client not drained after ${drainMs} ms, closing it`, { producer: PRODUCER });
    await client.close?.();
  } catch (error) {
    log.error('NATS client could not be drained', { producer: PRODUCER, error });
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), HTTP_LIMIT_MS);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** Drains all clients, including those added to the array during the drain. */
async function drainAll(clients: () => readonly DrainableClient[], drained: Set<DrainableClient>): Promise<void> {
  for (;;) {
    const waiting = clients().filter((client) => !drained.has(client));
    if (waiting.length === 0) return;
    for (const client of waiting) drained.add(client);
    await Promise.all(waiting.map(drainClient));
  }
}

type Cleanup = () => unknown;

interface Registration {
  clients: () => readonly DrainableClient[];
  cleanup: Cleanup | undefined;
}

const registrations: Registration[] = [];

async function runCleanup(cleanup: Cleanup): Promise<void> {
  try {
    await cleanup();
  } catch (error) {
    // The process stops as requested, but reports the failure.
    process.exitCode = 1;
    log.error('cleanup failed', { producer: PRODUCER, error });
  }
}

async function stop(cause: string): Promise<void> {
  processState.stopping = true;
  // Runs when nothing is left to do. Start-up code that still waits at the top level of a module would otherwise set the code to 13.
  process.once('beforeExit', () => process.exit(process.exitCode ?? 0));
  for (const connect of processState.connects) connect.abort();
  const drained = new Set<DrainableClient>();
  const allClients = (): readonly DrainableClient[] => registrations.flatMap(({ clients }) => clients());
  await drainAll(allClients, drained);
  for (const { cleanup } of registrations) if (cleanup !== undefined) await runCleanup(cleanup);
  await drainAll(allClients, drained);
  await Promise.all([...processState.httpServers].map(closeServer));
  log.info('stopped', { producer: PRODUCER });
  handleSIG(cause);
  if (processState.exitsWhenStopped) setTimeout(exitWithLeftovers, LEFT_RUNNING_MS).unref();
}

/** Not called when nothing keeps the process alive. */
function exitWithLeftovers(): void {
  const open = [...new Set(process.getActiveResourcesInfo())];
  log.warn('exiting although something is still open: close it in onStop', { producer: PRODUCER, open });
  process.exit(process.exitCode ?? 0);
}

function onFirstSignal(signal: NodeJS.Signals): void {
  log.info(`${signal} received, stopping`, { producer: PRODUCER });
  beginStop(signal);
}

function beginStop(cause: string): void {
  // In this order: without a listener, a second signal in between would kill the process.
  handleSIG(cause);
  for (const each of SIGNALS) process.off(each, onFirstSignal);
  void stop(cause);
}

/**
 * Stops the process as a signal does, but with exit code 1, so that it is started again. Does nothing while it stops already.
 *
 * @param cause for the log, such as `the end of the NATS connection`.
 */
export function stopAfterFailure(cause: string): void {
  if (processState.stopping) return;
  process.exitCode = 1;
  log.error(`stopping after ${cause}`, { producer: PRODUCER });
  beginStop(cause);
}

/**
 * Stops the module on SIGINT or SIGTERM: cancels a NATS connect in progress, drains all clients concurrently (at most 3 s each, or more if
 * the pod has more), runs `cleanup` once, closes the servers of `setupHttpServer` and lets the process exit by itself, with code 0. The
 * whole stop takes at most five seconds, or the limit of the pod, see {@link handleSIG}.
 *
 * Call it before anything else is started.
 *
 * @param natsClients one, or an array that may be filled later.
 * @param cleanup closes other resources of the module. When it fails, the exit code is 1.
 * @example
 * const natsClients: NatsClient[] = [];
 * registerGracefulShutdown(natsClients, () => database.close());
 * natsClients.push(await createNatsConnection());
 */
export function registerGracefulShutdown(natsClients: DrainableClient | readonly DrainableClient[], cleanup?: Cleanup): void {
  const clients = (): readonly DrainableClient[] => ('drain' in natsClients ? [natsClients] : natsClients);
  registrations.push({ clients, cleanup });
  if (registrations.length > 1) return;
  for (const signal of SIGNALS) process.on(signal, onFirstSignal);
}

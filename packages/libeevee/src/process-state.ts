import type { Server } from 'node:http';

/**
 * Resources of this process that must be closed before it can exit by itself. There is one per process, as for signals;
 * `registerGracefulShutdown` closes them.
 */
export const processState = {
  /** Servers of `setupHttpServer`. */
  httpServers: new Set<Server>(),
  /** First connects in progress, of clients that are in no array yet. */
  connects: new Set<AbortController>(),
  /** Set at the first SIGINT or SIGTERM. */
  stopping: false,
  /** Whether the process exits after its stop even if something still keeps it alive, such as a timer of a module. */
  exitsWhenStopped: false,
};

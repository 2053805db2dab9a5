import type { Server } from 'node:http';

/**
 * What this process has open and must be closed before it can exit by itself. It is one per process,
 * as signals are; `registerGracefulShutdown` closes it.
 */
export const processState = {
  /** Servers of `setupHttpServer`. */
  httpServers: new Set<Server>(),
  /** First connects under way, of clients that no array holds yet. */
  connects: new Set<AbortController>(),
  /** Set at the first SIGINT or SIGTERM. */
  stopping: false,
};

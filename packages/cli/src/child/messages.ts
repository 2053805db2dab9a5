/** Requests of the console to the process of a module; each is answered with its number. */
export type Request =
  /** Waits until the module has handled everything that its connections have received. */
  | { readonly request: number; readonly do: 'settle' }
  /** Moves the clock of the process. */
  | { readonly request: number; readonly do: 'advance'; readonly ms: number };

/** Messages of the process of a module. */
export type Report =
  /** The entry point has run: a module that awaits its start has started. */
  | { readonly report: 'started' }
  /** `connections`: number of connections to NATS that it follows; 0 for a module on an older libeevee, whose work cannot be followed. */
  | { readonly report: 'done'; readonly request: number; readonly connections: number };

/** A stop, which is not answered: the process ends. */
export type Stop = { readonly do: 'stop' };

import type { Clock } from '../clock.ts';

interface LivenessDeps {
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  readonly clock: Clock;
  readonly ping: () => void;
  /** Called once when the server has sent nothing for the timeout. */
  readonly onSilent: (reason: string) => void;
}

/** Detects a server that no longer answers: pings after some silence, and reports it after more. */
export class Liveness {
  readonly #deps: LivenessDeps;
  #heardMs: number;
  #cancel: () => void = () => undefined;

  constructor(deps: LivenessDeps) {
    this.#deps = deps;
    this.#heardMs = deps.clock.now();
  }

  /** Records that the server sent something. */
  heard(): void {
    this.#heardMs = this.#deps.clock.now();
  }

  /** Starts to check. */
  watch(): void {
    const { pingIntervalMs, pingTimeoutMs, clock, ping, onSilent } = this.#deps;
    this.#cancel = clock.after(Math.min(pingIntervalMs, pingTimeoutMs / 3), () => {
      const silentMs = clock.now() - this.#heardMs;
      if (silentMs >= pingTimeoutMs) {
        onSilent(`no data from the server for ${Math.round(silentMs / 100) / 10} s`);
        return;
      }
      if (silentMs >= pingIntervalMs * 0.9) ping();
      this.watch();
    });
  }

  stop(): void {
    this.#cancel();
  }
}

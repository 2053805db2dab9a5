const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

type Signal = keyof typeof SIGNALS;

/** Exit code of a process that a signal has ended. */
export const exitCodeOf = (signal: Signal): number => SIGNALS[signal];

/** Settles when the process is asked to end, so that everything it started ends first. */
export function untilSignal(): { readonly signalled: Promise<Signal>; off(): void } {
  const { promise, resolve } = Promise.withResolvers<Signal>();
  const listener = (signal: NodeJS.Signals): void => resolve(signal as Signal);
  for (const signal of Object.keys(SIGNALS) as Signal[]) process.on(signal, listener);
  return {
    signalled: promise,
    off: () => {
      for (const signal of Object.keys(SIGNALS) as Signal[]) process.off(signal, listener);
    },
  };
}

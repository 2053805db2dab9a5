import type { Clock } from '../clock.ts';

/** How often the wanted nick is tried while another client has it. */
const RETRY_MS = 30_000;

/** How long NickServ may take to disconnect the other client. */
const GHOST_MS = 2_000;

/** Dependencies of a {@link NickKeeper}. */
export interface NickKeeperDeps {
  readonly clock: Clock;
  readonly wanted: () => string;
  readonly hasIt: () => boolean;
  /** Sends a line within flood control. */
  readonly command: (line: string) => void;
  /** Has NickServ disconnect the client with the nick. @returns whether NickServ can be asked. */
  readonly ghost: (nick: string) => boolean;
}

/** Regains the wanted nick when the bot has to use another one. */
export class NickKeeper {
  readonly #deps: NickKeeperDeps;
  #cancel: () => void = () => undefined;

  constructor(deps: NickKeeperDeps) {
    this.#deps = deps;
  }

  /** The bot has got a nick: the wanted one, or another. */
  changed(): void {
    this.#cancel();
    const { clock, wanted, hasIt, ghost } = this.#deps;
    if (hasIt()) return;
    this.#cancel = clock.after(ghost(wanted()) ? GHOST_MS : RETRY_MS, () => this.#retry());
  }

  /** The nick has become free. */
  free(): void {
    if (!this.#deps.hasIt()) this.#retry();
  }

  stop(): void {
    this.#cancel();
  }

  #retry(): void {
    this.#cancel();
    const { clock, wanted, hasIt, command } = this.#deps;
    if (hasIt()) return;
    command(`NICK ${wanted()}`);
    this.#cancel = clock.after(RETRY_MS, () => this.#retry());
  }
}

import type { Clock } from '../clock.ts';

/** Interval between attempts to get the wanted nick while another client has it. */
const RETRY_MS = 30_000;

/** Longest delay before the bot tries a nick again that the network took away: each attempt is visible in all channels. */
const MAX_RETRY_MS = 10 * 60_000;

/** Time limit for NickServ to disconnect the other client. */
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
  #had = false;
  /** How often the bot got the nick on this connection and lost it. */
  #losses = 0;

  constructor(deps: NickKeeperDeps) {
    this.#deps = deps;
  }

  /** Records that the bot has the wanted nick, or another one. */
  changed(): void {
    this.#cancel();
    const { clock, wanted, hasIt, ghost } = this.#deps;
    const has = hasIt();
    if (this.#had && !has) this.#losses++;
    this.#had = has;
    if (has) return;
    const isGhosted = this.#losses === 0 && ghost(wanted());
    this.#cancel = clock.after(isGhosted ? GHOST_MS : this.#retryMs, () => this.#retry());
  }

  /** The nick has become free. */
  free(): void {
    if (!this.#deps.hasIt()) this.#retry();
  }

  /** The connection has ended. */
  stop(): void {
    this.#cancel();
    this.#had = false;
    this.#losses = 0;
  }

  get #retryMs(): number {
    return Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** Math.max(0, this.#losses - 1));
  }

  #retry(): void {
    this.#cancel();
    const { clock, wanted, hasIt, command } = this.#deps;
    if (hasIt()) return;
    command(`NICK ${wanted()}`);
    this.#cancel = clock.after(this.#retryMs, () => this.#retry());
  }
}

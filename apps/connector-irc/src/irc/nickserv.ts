import type { Clock } from '../clock.ts';
import type { ConnectionSettings } from '../config/parse.ts';
import type { SecretReader } from '../config/secrets.ts';
import type { ConnectionReport } from './status.ts';

/** Time limit for NickServ to answer before channels are joined. */
const IDENTIFY_MS = 3_000;

/** For {@link NickServ}. */
export interface NickServDeps {
  readonly clock: Clock;
  readonly readSecret: SecretReader;
  readonly report: ConnectionReport;
  readonly settings: () => ConnectionSettings;
  /** Sends a line within flood control. */
  readonly command: (line: string) => void;
}

/** Talks to NickServ on networks without SASL. */
export class NickServ {
  readonly #deps: NickServDeps;
  #waiting: { readonly done: () => void; readonly cancel: () => void } | undefined;

  constructor(deps: NickServDeps) {
    this.#deps = deps;
  }

  /** Whether an answer is pending. */
  get isAsked(): boolean {
    return this.#waiting !== undefined;
  }

  /**
   * Identifies, and continues when NickServ has answered or took too long, so that channels for accounts only come after it.
   *
   * Identifies, and continues when NickServ has answered or the time limit is over, because some channels require an account.
   */
  identify(hasNick: boolean, then: () => void): void {
    const { clock, command, settings } = this.#deps;
    const { nickserv, ident } = settings();
    const password = this.#password();
    if (nickserv === undefined || password === undefined) return then();
    const account = nickserv.account ?? (hasNick ? undefined : ident.nick);
    command(`PRIVMSG ${nickserv.nick} :IDENTIFY ${account === undefined ? '' : `${account} `}${password}`);
    this.#waiting = { done: then, cancel: clock.after(IDENTIFY_MS, () => this.#answered()) };
  }

  /** Handles a notice: a notice of NickServ is an answer, unless it only asks the bot to identify. */
  noticed(nick: string, text: string): void {
    // Some networks require the address `NickServ@services.example.org`.
    const [service = ''] = this.#deps.settings().nickserv?.nick.split('@') ?? [];
    if (nick.toLowerCase() === service.toLowerCase() && !/\bidentify\b/i.test(text)) this.#answered();
  }

  #answered(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.cancel();
    waiting?.done();
  }

  /** Has NickServ disconnect the client with a nick. @returns whether NickServ could be asked. */
  ghost(nick: string): boolean {
    const { nickserv } = this.#deps.settings();
    const password = this.#password();
    if (nickserv?.ghost !== true || password === undefined) return false;
    this.#deps.command(`PRIVMSG ${nickserv.nick} :GHOST ${nick} ${password}`);
    return true;
  }

  stop(): void {
    this.#waiting?.cancel();
    this.#waiting = undefined;
  }

  #password(): string | undefined {
    const { settings, readSecret, report } = this.#deps;
    const { nickserv, name } = settings();
    if (nickserv === undefined) return undefined;
    try {
      return readSecret(nickserv.password, `connection ${name}: nickserv.password`);
    } catch (error) {
      report.secretMissing(error);
      return undefined;
    }
  }
}

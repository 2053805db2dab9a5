import type { Clock } from '../clock.ts';

/** Minimum time between two answers: otherwise any user could use up the lines that the bot may send. */
const PAUSE_MS = 1_000;

/** Answers CTCP requests at a limited rate. */
export class CtcpAnswers {
  readonly #clock: Clock;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The protocol line that answers a request; undefined if it is not answered, or not now. */
  line(request: { readonly nick: string; readonly type: string; readonly argument: string }, version: string): string | undefined {
    const answer = ctcpAnswer(request.type, request.argument, version);
    if (answer === undefined || this.#clock.now() - this.#lastMs < PAUSE_MS) return undefined;
    this.#lastMs = this.#clock.now();
    return `NOTICE ${request.nick} :\u0001${answer}\u0001`;
  }
}

/**
 * The answer to a CTCP request, without its delimiters; undefined for one that is not answered.
 *
 * @example
 * ctcpAnswer('PING', '12345', ''); // 'PING 12345'
 */
export function ctcpAnswer(type: string, argument: string, version: string): string | undefined {
  switch (type) {
    case 'VERSION':
      return `VERSION ${version}`;
    case 'PING':
      return `PING ${argument.slice(0, 100)}`;
    case 'CLIENTINFO':
      return 'CLIENTINFO ACTION CLIENTINFO PING VERSION';
    default:
      return undefined;
  }
}

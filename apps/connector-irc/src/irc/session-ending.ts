import { defined } from '@eeveebot/contract';
import type { FrameworkEvent } from 'irc-framework';
import { reasonOf } from '../reason.ts';
import { endKind } from './reconnect-plan.ts';
import { errorWords } from './refusals.ts';
import type { SessionEnd } from './session-events.ts';
import { MAY_NEED_TLS, tlsHint } from './tls-hint.ts';

/** Begin of a line of the protocol. */
const LINE = /^[!-~]/;

/** Finds out why a server closes the connection, from what it sent before. */
export class SessionEnding {
  readonly #isTls: boolean;
  #opened = false;
  #hasSentLine = false;
  /** Reason that the server gave. */
  #lastWords: SessionEnd | undefined;

  constructor({ isTls }: { readonly isTls: boolean }) {
    this.#isTls = isTls;
  }

  /** The connection is open. */
  opened(): void {
    this.#opened = true;
  }

  /** The server has sent a line, or bytes that do not belong to the protocol. */
  heard(line: string, numeric: string | undefined): void {
    if (LINE.test(line)) this.#hasSentLine = true;
    if (numeric === '464') this.#lastWords = { kind: 'denied', reason: 'the server rejects the password irc.password' };
  }

  /** The server has reported an error. */
  errorHeard(event: FrameworkEvent): void {
    const { error } = event;
    if (error !== 'irc' && error !== 'banned_from_network') return;
    const reason = errorWords(event);
    const kind = error === 'irc' ? endKind(reason) : 'banned';
    // The numeric before ERROR is more precise than its text.
    if (this.#lastWords === undefined || kind !== 'lost') this.#lastWords = { kind, reason };
  }

  /** The end of a session whose connection was closed. */
  closed(error: unknown): SessionEnd {
    if (this.#lastWords !== undefined) return this.#lastWords;
    const isError = error instanceof Error;
    const hint = (isError ? tlsHint(error) : undefined) ?? this.#mayNeedTls();
    return { kind: 'lost', reason: isError ? reasonOf(error) : 'the server closed the connection', ...defined({ hint }) };
  }

  /** Servers that require TLS close a connection without it, or send an alert of TLS instead of a line. */
  #mayNeedTls(): string | undefined {
    return this.#opened && !this.#hasSentLine && !this.#isTls ? MAY_NEED_TLS : undefined;
  }
}

import { createRequire } from 'node:module';

/** The part of a message or event of the `irc-framework` package that is used here. */
export interface FrameworkEvent {
  readonly nick?: string;
  readonly new_nick?: string;
  readonly target?: string;
  readonly channel?: string;
  readonly message?: string;
  readonly kicked?: string;
  readonly topic?: string;
  readonly reason?: string;
  readonly type?: string;
  readonly error?: string;
  readonly account?: string;
  readonly line?: string;
  readonly from_server?: boolean;
}

/** The part of a client of the `irc-framework` package that is used here. */
export interface FrameworkClient {
  readonly user: { readonly nick: string };
  on(event: string, listener: (event: FrameworkEvent) => void): void;
  connect(options: Readonly<Record<string, unknown>>): void;
  say(target: string, text: string): void;
  notice(target: string, text: string): void;
  action(target: string, text: string): void;
  raw(...parts: readonly string[]): void;
  quit(reason?: string): void;
}

const require = createRequire(import.meta.url);

/** A client of the `irc-framework` package, which has no types and is loaded only by tests that need it. */
export function frameworkClient(): FrameworkClient {
  const framework = require('irc-framework') as { readonly Client: new () => FrameworkClient };
  return new framework.Client();
}

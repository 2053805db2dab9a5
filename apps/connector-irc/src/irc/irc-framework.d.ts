// The package has no types: declares the part that the connector uses.
declare module 'irc-framework' {
  import type { EventEmitter } from 'node:events';

  /** Event of a client. Its fields depend on the event, and servers omit some of them. */
  export interface FrameworkEvent {
    readonly nick?: string;
    readonly ident?: string;
    readonly hostname?: string;
    readonly target?: string;
    /** Prefix of a message to only some of a channel's users: `@` for its operators. */
    readonly group?: string;
    readonly channel?: string;
    readonly message?: string;
    readonly reason?: string;
    readonly error?: string;
    readonly kicked?: string;
    /** The channel that forwards, and the one that it forwards to. */
    readonly from?: string;
    readonly to?: string;
    readonly new_nick?: string;
    readonly topic?: string;
    readonly invited?: string;
    readonly type?: string | null;
    readonly account?: string | false;
    readonly from_server?: boolean;
    readonly line?: string;
    /** Milliseconds since 1970. */
    readonly time?: number;
    readonly tags?: Readonly<Record<string, string>>;
    readonly users?: readonly FrameworkUser[];
    readonly command?: string;
    readonly params?: readonly string[];
    readonly options?: Readonly<Record<string, unknown>>;
    /** The batch that the line belongs to. */
    readonly batch?: { readonly type?: string };
  }

  /** A line of the server, as handlers of commands receive it. */
  export interface FrameworkCommand {
    params: readonly string[];
  }

  export type CommandHandler = (command: FrameworkCommand, handler: unknown) => void;

  /** A user in the answer to WHO. */
  export interface FrameworkUser {
    readonly nick: string;
    readonly ident?: string;
    readonly hostname?: string;
    readonly channel_modes?: readonly string[];
  }

  /** How a client reaches its server. */
  export interface FrameworkTransport extends EventEmitter {
    connect(): void;
    writeLine(line: string, done?: () => void): void;
    close(force?: boolean): void;
    disposeSocket(): void;
    setEncoding(encoding: string): boolean;
  }

  export class Client {
    connect(options: Readonly<Record<string, unknown>>): void;
    on(event: string, listener: (event: FrameworkEvent) => void): this;
    removeAllListeners(): this;
    raw(line: string): void;
    /** Requests a capability besides those of the package, on servers that have it. */
    requestCap(name: string): void;
    readonly connection: { end(lastLine: null, failed: boolean): void };
    readonly network: {
      readonly options: Record<string, unknown>;
      readonly cap: {
        isEnabled(name: string): boolean;
        /** Whether the server waits for `CAP END`. */
        negotiating: boolean;
        /** Capabilities whose request the server has not answered. */
        requested: string[];
      };
      isChannelName(name: string): boolean;
    };
    readonly command_handler: {
      readonly handlers: Readonly<Record<string, CommandHandler>>;
      addHandler(command: string, handler: CommandHandler): void;
    };
  }
}

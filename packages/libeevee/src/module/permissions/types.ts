/**
 * Users who may call a command. One kind that fits is enough: a user who is a channel admin, or has one of the accounts, or one of the
 * hosts, or one of the nicks.
 */
export interface Allow {
  /** Admins of the channel in which the command is called: on IRC, its half-operators, operators and above. */
  readonly channelAdmin?: boolean;
  /** Services accounts, in any case of A to Z. Brackets and braces differ, as they do on many networks. */
  readonly accounts?: readonly string[];
  /** Hosts in any case; `*` stands for any characters, `?` for one. */
  readonly hosts?: readonly string[];
  /** Nicks, compared as accounts are. Every user can take a nick that is free, so prefer accounts. */
  readonly nicks?: readonly string[];
}

/** An {@link Allow}, or a function that reads it from the configuration, with which it is validated. */
export type AllowDeclaration<Config> = Allow | ((config: Config) => Allow);

/** The caller of a command, and the place of the call. */
export interface Caller {
  readonly platform: string;
  readonly instance: string;
  readonly channel: string;
  readonly nick: string;
  readonly account: string | undefined;
  readonly userHost: string;
  readonly isPrivate: boolean;
}

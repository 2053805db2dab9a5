/** The person as whom the user talks. */
export interface Person {
  readonly nick: string;
  readonly channel: string;
  /** Account at the services of the network. */
  readonly account: string | undefined;
  /** Whether the person administers the channels. */
  readonly isOp: boolean;
}

/** As on IRC, the ident: it differs from the nick, to expose modules that mix them up. */
export const identOf = ({ nick }: Person): string => `~${nick}`;

/** Host of the person. */
export const hostOf = ({ nick }: Person): string => `${nick.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-')}.example.org`;

/** For `ctx.ask`. */
export interface AskOptions {
  /** Time limit for the answer: a duration such as `'90s'`, or milliseconds; at most a day. Default one minute. */
  readonly timeout?: string | number;
  /**
   * Checks an answer. Must be synchronous.
   *
   * @returns the problem with it, which is sent to the user before the next answer; `undefined` for a valid one.
   */
  readonly validate?: (answer: string) => string | undefined;
}

/** User who is asked, and where. */
export interface AskedPerson {
  readonly platform: string;
  readonly network: string;
  readonly instance: string;
  readonly channel: string;
  readonly nick: string;
  /** Services account; `undefined` if the user is not logged in. */
  readonly account: string | undefined;
}

/** The turn of a handler in its channel. */
export interface AskingTurn {
  /** Whether the handler has ended. */
  readonly isOver: boolean;
  /** Lets other messages of the channel be handled while the handler waits. */
  park(): void;
  /** Takes the turn again. @param release gives it to the next message. */
  resume(release: () => void): void;
  /** Ends the handler: its later answers are rejected. */
  stop(): void;
}

/** A question of a handler. */
export interface Asking {
  readonly person: AskedPerson;
  readonly text: string;
  readonly options: AskOptions;
  readonly turn: AskingTurn;
  /** Sends a text to the place of the question. */
  readonly say: (text: string) => Promise<void>;
}

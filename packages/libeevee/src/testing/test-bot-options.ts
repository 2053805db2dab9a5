import type { BusAddress } from './memory-bus.ts';
import type { Speaker } from './speaker.ts';
import type { AdvanceTimers } from './timers.ts';

/** For `startTestBot`. */
export interface TestBotOptions {
  /** Content of the module's configuration file. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** A NATS server to use; default: a bus in this process. */
  readonly bus?: BusAddress;
  /** Number of replicas of the module. Default 1. */
  readonly replicas?: number;
  /** Default sender of `say`, field by field. */
  readonly speaker?: Partial<Speaker>;
  /** Default `eevee`. */
  readonly botNick?: string;
  /** Command prefix. Default `!`. */
  readonly prefix?: string;
  /** Time limit of a turn of the conversation, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
  /** Whether a connector answers who is an admin of a channel. Default `true`. */
  readonly connectorAnswers?: boolean;
  /**
   * Advances the timers of this process if the test has faked them, e.g. `(ms) => mock.timers.tick(ms)` of `node:test`. Timers faked by
   * vitest, jest and sinon are detected without it.
   */
  readonly advanceTimers?: AdvanceTimers;
}

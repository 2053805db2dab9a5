import { backoffMs } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { setBounded } from '../set-bounded.ts';

/** Maximum number of contests that are remembered. */
const REMEMBERED = 20_000;

/** Losses within this time are counted together. */
const WITHIN_MS = 60_000;

/** Number of losses after a pause that start the next pause: the other client is still active. */
const MOST_AFTER_PAUSE = 2;

/** First pause; it doubles each time. The other client may be about to end. */
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 600_000;

interface Contest {
  losses: readonly number[];
  pauses: number;
  pausedUntilMs: number;
}

/** Counts how often another client reverts writes of the operator. If that continues, the operator pauses, longer each time. */
export class Contests {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #contests = new Map<string, Contest>();

  /** @param given.most this many losses within a minute indicate a program rather than a user. */
  constructor(given: { readonly clock: Clock; readonly most: number }) {
    this.#clock = given.clock;
    this.#most = given.most;
  }

  /** Records that something was lost. @returns milliseconds of the pause that begins now, if one does. */
  lost(key: string): number | undefined {
    const nowMs = this.#clock.elapsedMs();
    const contest = this.#contests.get(key) ?? { losses: [], pauses: 0, pausedUntilMs: 0 };
    contest.losses = [...contest.losses.filter((atMs) => nowMs - atMs < WITHIN_MS), nowMs];
    if (nowMs - contest.pausedUntilMs > LONGEST_PAUSE_MS) contest.pauses = 0;
    setBounded(this.#contests, [key, contest], REMEMBERED);
    if (contest.losses.length < (contest.pauses === 0 ? this.#most : MOST_AFTER_PAUSE)) return undefined;
    const pauseMs = backoffMs({ firstMs: FIRST_PAUSE_MS, longestMs: LONGEST_PAUSE_MS }, contest.pauses + 1);
    Object.assign(contest, { losses: [], pauses: contest.pauses + 1, pausedUntilMs: nowMs + pauseMs });
    return pauseMs;
  }

  /** Milliseconds until the end of the pause; 0 without one. */
  pausedForMs(key: string): number {
    return Math.max(0, (this.#contests.get(key)?.pausedUntilMs ?? 0) - this.#clock.elapsedMs());
  }

  /** Keys with a pause. */
  get paused(): readonly string[] {
    return [...this.#contests.keys()].filter((key) => this.pausedForMs(key) > 0);
  }
}

import type { Log } from '../../telemetry/log.ts';
import { backoffMs } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { setBounded } from '../set-bounded.ts';

/** Maximum number of objects whose last applied mark is remembered. */
const REMEMBERED = 20_000;

/** This many overwritten objects within this time indicate another program rather than a user. */
const MOST_REWRITES = 3;
const WITHIN_MS = 60_000;

/** First pause of this operator in the namespace; it doubles each time. The other operator may be about to end. */
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 600_000;

interface Contest {
  rewrites: readonly number[];
  pauses: number;
  pausedUntilMs: number;
}

/**
 * Detects a second operator that takes no Lease here, such as a former release: it applies the same objects, and so replaces
 * this operator's mark by its own. Users change fields, but never the mark.
 */
export class Rewrites {
  readonly #clock: Clock;
  readonly #log: Log;
  /** The last mark that this process applied, by uid. */
  readonly #applied = new Map<string, string>();
  readonly #contests = new Map<string, Contest>();

  constructor(given: { readonly clock: Clock; readonly log: Log }) {
    this.#clock = given.clock;
    this.#log = given.log;
  }

  /** Records that an object was applied with `mark`. */
  applied(uid: string, mark: string): void {
    setBounded(this.#applied, [uid, mark], REMEMBERED);
  }

  /** Records that `mark` is about to be applied to an object that has the mark `observed`. */
  applying(
    object: { readonly namespace: string; readonly uid: string },
    { mark, observed }: { readonly mark: string; readonly observed: string | undefined },
  ): void {
    if (observed === undefined || observed === mark || this.#applied.get(object.uid) !== mark) return;
    const nowMs = this.#clock.elapsedMs();
    const contest = this.#contests.get(object.namespace) ?? { rewrites: [], pauses: 0, pausedUntilMs: 0 };
    contest.rewrites = [...contest.rewrites.filter((atMs) => nowMs - atMs < WITHIN_MS), nowMs];
    if (nowMs - contest.pausedUntilMs > LONGEST_PAUSE_MS) contest.pauses = 0;
    setBounded(this.#contests, [object.namespace, contest], REMEMBERED);
    if (contest.rewrites.length < MOST_REWRITES) return;
    const pauseMs = backoffMs({ firstMs: FIRST_PAUSE_MS, longestMs: LONGEST_PAUSE_MS }, contest.pauses + 1);
    Object.assign(contest, { rewrites: [], pauses: contest.pauses + 1, pausedUntilMs: nowMs + pauseMs });
    this.#log.error(rivalText(object.namespace), { pauseMs });
  }

  /** Why this operator pauses in a namespace. */
  rivalIn(namespace: string): string | undefined {
    const contest = this.#contests.get(namespace);
    return contest !== undefined && this.#clock.elapsedMs() < contest.pausedUntilMs ? rivalText(namespace) : undefined;
  }

  /** All namespaces in which this operator pauses. */
  get rivals(): readonly string[] {
    return [...this.#contests.keys()].map((namespace) => this.rivalIn(namespace)).filter((rival) => rival !== undefined);
  }
}

const rivalText = (namespace: string): string =>
  `another operator, which does not use the Lease, reverts the objects of namespace ${namespace} to its own version: this operator stops writing there for a while; stop one of the two`;

/** First and longest time until a store without the wanted backup is asked again. */
const FIRST_MS = 30_000;
const LONGEST_MS = 300_000;

interface Look {
  readonly fingerprint: string;
  readonly nextMs: number;
  readonly waitMs: number;
}

/**
 * When stores that had no backup are asked again: after 30 s, doubling to 5 min, and at once when what the answer
 * depends on changes. Kept in memory: after a restart every store is asked once.
 */
export class Looks {
  readonly #looks = new Map<string, Look>();

  /**
   * Milliseconds until it is time to ask for the resource `uid`; 0 when it is time now.
   *
   * @param fingerprint stands for what the answer depends on.
   */
  dueInMs(uid: string, fingerprint: string, now: Date): number {
    const look = this.#looks.get(uid);
    return look === undefined || look.fingerprint !== fingerprint ? 0 : Math.max(0, look.nextMs - now.getTime());
  }

  /** Notes that there was no backup. @returns milliseconds until it is time to ask again. */
  foundNothing(uid: string, fingerprint: string, now: Date): number {
    const before = this.#looks.get(uid);
    const waitMs = before?.fingerprint === fingerprint ? Math.min(before.waitMs * 2, LONGEST_MS) : FIRST_MS;
    this.#looks.set(uid, { fingerprint, waitMs, nextMs: now.getTime() + waitMs });
    return waitMs;
  }

  /** Forgets a resource that waits no more. */
  forget(uid: string): void {
    this.#looks.delete(uid);
  }
}

import type { Pattern } from './pattern.ts';

/** A registration that was accepted. */
export interface Registered<Registration> {
  readonly id: string;
  readonly name: string;
  readonly registration: Registration;
  /** Its scopes, by field; those that let everything through are absent. */
  readonly scopes: readonly (readonly [field: ScopeField, pattern: Pattern])[];
  /** Its own expression: a command's regex, a broadcast's filter. */
  readonly regex: Pattern | undefined;
}

export type ScopeField = 'platform' | 'network' | 'instance' | 'channel' | 'user' | 'nick' | 'eventType';

/** A registration goes when it was not renewed for so long, in milliseconds. */
export const EXPIRY_MS = 300_000;

/** How often all are asked to register again, in milliseconds. */
export const RENEWAL_MS = 60_000;

interface Kept<Registration> {
  readonly registered: Registered<Registration>;
  readonly json: string;
  renewedMs: number;
}

/** Registrations of one kind by id, in the order in which they first came. */
export class Registry<Registration> {
  readonly #kept = new Map<string, Kept<Registration>>();
  #list: readonly Registered<Registration>[] | undefined;

  /** Adds it, replaces the one of the same id, or renews it when it is the same as before. @returns which of the three. */
  add(id: string, registration: Registration, make: () => Registered<Registration>, nowMs: number): 'added' | 'replaced' | 'renewed' {
    const json = JSON.stringify(registration);
    const before = this.#kept.get(id);
    if (before?.json === json) {
      before.renewedMs = nowMs;
      return 'renewed';
    }
    this.#kept.set(id, { registered: make(), json, renewedMs: nowMs });
    this.#list = undefined;
    return before === undefined ? 'added' : 'replaced';
  }

  /** @returns whether it was there. */
  remove(id: string): boolean {
    this.#list = undefined;
    return this.#kept.delete(id);
  }

  clear(): void {
    this.#kept.clear();
    this.#list = undefined;
  }

  get(id: string): Registered<Registration> | undefined {
    return this.#kept.get(id)?.registered;
  }

  get all(): readonly Registered<Registration>[] {
    this.#list ??= [...this.#kept.values()].map(({ registered }) => registered);
    return this.#list;
  }

  /** Whether it did not answer when it was last asked to register again. */
  isOverdue(id: string, nowMs: number): boolean {
    const renewedMs = this.#kept.get(id)?.renewedMs ?? nowMs;
    return nowMs - renewedMs > RENEWAL_MS * 1.5;
  }

  /** Takes out those that were not renewed in time. */
  expire(nowMs: number): Registered<Registration>[] {
    const expired = [...this.#kept.values()].filter(({ renewedMs }) => nowMs - renewedMs >= EXPIRY_MS);
    for (const { registered } of expired) this.remove(registered.id);
    return expired.map(({ registered }) => registered);
  }
}

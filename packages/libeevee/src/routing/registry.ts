import { isDeepStrictEqual } from 'node:util';
import type { Pattern } from './pattern.ts';

/** An accepted registration. */
export interface Registered<Registration> {
  readonly id: string;
  readonly name: string;
  readonly registration: Registration;
  /** Its scopes by field, without those that match everything. */
  readonly scopes: readonly (readonly [field: ScopeField, pattern: Pattern])[];
  /** Its own expression: a command's regex, a broadcast's filter. */
  readonly regex: Pattern | undefined;
}

export type ScopeField = 'platform' | 'network' | 'instance' | 'channel' | 'user' | 'nick' | 'eventType';

/** Time without renewal after which a registration is removed, in milliseconds. */
export const EXPIRY_MS = 300_000;

/** Maximum number of modules that are remembered for an id. */
const MAX_MODULES = 10;

/** Interval at which all modules are asked to register again, in milliseconds. */
export const RENEWAL_MS = 60_000;

/** Time for another module to register an id again that one of them withdrew, in milliseconds. */
const SHARED_EXPIRY_MS = 30_000;

interface Kept<Registration> {
  readonly registered: Registered<Registration>;
  /** The payload as it came. */
  json: string;
  renewedMs: number;
  /** The modules that registered it, the first one first. More than one is a mistake, such as a copied id. */
  readonly modules: string[];
}

/** Registrations of one kind by id, in order of first registration. */
export class Registry<Registration> {
  readonly #kept = new Map<string, Kept<Registration>>();
  #list: readonly Registered<Registration>[] | undefined;

  /** Renews the registration of an id if its payload is as before. @returns its name, if so. */
  renew(id: string, json: string, nowMs: number): string | undefined {
    const kept = this.#kept.get(id);
    if (kept?.json !== json) return undefined;
    kept.renewedMs = nowMs;
    return kept.registered.name;
  }

  /** Adds it, replaces the one of the same id, or renews an equal one. @returns which of the three. */
  add(
    id: string,
    given: { readonly json: string; readonly registration: Registration; make(): Registered<Registration> },
    nowMs: number,
  ): 'added' | 'replaced' | 'renewed' {
    const { json, registration } = given;
    const before = this.#kept.get(id);
    if (before !== undefined && isDeepStrictEqual(before.registered.registration, registration)) {
      before.json = json;
      before.renewedMs = nowMs;
      return 'renewed';
    }
    this.#kept.set(id, { registered: given.make(), json, renewedMs: nowMs, modules: before?.modules ?? [] });
    this.#list = undefined;
    return before === undefined ? 'added' : 'replaced';
  }

  /**
   * Records the module that registered an id.
   *
   * @returns the first module that registered it, if another one does so for the first time.
   */
  noteModule(id: string, module: string): string | undefined {
    const { modules = [] } = this.#kept.get(id) ?? {};
    if (modules.includes(module) || modules.length >= MAX_MODULES) return undefined;
    modules.push(module);
    return modules.length > 1 ? modules[0] : undefined;
  }

  /** @returns whether it existed. */
  remove(id: string): boolean {
    const existed = this.#kept.delete(id);
    // Otherwise the index of commands would be made again for each id that never existed.
    if (existed) this.#list = undefined;
    return existed;
  }

  /**
   * Removes the registration of one module. If another module has registered the same id, it stays for {@link SHARED_EXPIRY_MS}: the other
   * one has to be asked to register again, since the registration of either may be the present one.
   */
  withdraw(id: string, module: string | undefined, nowMs: number): 'removed' | 'shared' | 'unknown' {
    const kept = this.#kept.get(id);
    const at = module === undefined ? -1 : (kept?.modules.indexOf(module) ?? -1);
    if (kept === undefined || at === -1 || kept.modules.length === 1) return this.remove(id) ? 'removed' : 'unknown';
    kept.modules.splice(at, 1);
    kept.renewedMs = Math.min(kept.renewedMs, nowMs + SHARED_EXPIRY_MS - EXPIRY_MS);
    return 'shared';
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

  /** Whether it was not renewed after the last request to register again. */
  isOverdue(id: string, nowMs: number): boolean {
    const renewedMs = this.#kept.get(id)?.renewedMs ?? nowMs;
    return nowMs - renewedMs > RENEWAL_MS * 1.5;
  }

  /** Removes and returns the registrations that were not renewed in time. */
  expire(nowMs: number): Registered<Registration>[] {
    const expired = [...this.#kept.values()].filter(({ renewedMs }) => nowMs - renewedMs >= EXPIRY_MS);
    for (const { registered } of expired) this.remove(registered.id);
    return expired.map(({ registered }) => registered);
  }
}

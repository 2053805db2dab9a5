import type { Patterns } from './pattern.ts';
import type { Reading } from './registrations.ts';
import type { Registry } from './registry.ts';

/** Outcome of a registration. */
export type RegistrationOutcome = (
  | { readonly result: 'added' | 'renewed'; readonly id: string; readonly name: string }
  /** `former`: the name of the one that it replaces. */
  | { readonly result: 'replaced'; readonly id: string; readonly name: string; readonly former: string }
  | { readonly result: 'refused'; readonly id: string; readonly name: string; readonly problems: readonly string[] }
) & {
  /** The first module that registered this id, when another one does so for the first time. */
  readonly otherModule?: string;
};

/** A payload that registers something, and how it is parsed. */
export interface GivenRegistration<Registration> {
  readonly payload: unknown;
  /** The field that contains the id, such as `commandUUID`. */
  readonly idField: string;
  /** The module that it belongs to, if known. */
  readonly module?: string | undefined;
  read(payload: unknown, patterns: Patterns): Reading<Registration>;
}

function idOf({ payload, idField }: GivenRegistration<unknown>): string {
  const id: unknown = Reflect.get(Object(payload), idField);
  return typeof id === 'string' ? id : '';
}

/**
 * Adds, renews or replaces a registration, or refuses it with the problems of its payload. Modules register again each minute, mostly with
 * the same payload: it is not parsed again.
 */
export function register<Registration>(
  registry: Registry<Registration>,
  given: GivenRegistration<Registration>,
  use: { readonly patterns: Patterns; readonly nowMs: number },
): RegistrationOutcome {
  const outcome = registered(registry, given, use);
  if (outcome.result === 'refused' || given.module === undefined) return outcome;
  const otherModule = registry.noteModule(outcome.id, given.module);
  return otherModule === undefined ? outcome : { ...outcome, otherModule };
}

function registered<Registration>(
  registry: Registry<Registration>,
  given: GivenRegistration<Registration>,
  { patterns, nowMs }: { readonly patterns: Patterns; readonly nowMs: number },
): RegistrationOutcome {
  const json = JSON.stringify(given.payload) ?? '';
  const givenId = idOf(given);
  const renewed = registry.renew(givenId, json, nowMs);
  if (renewed !== undefined) return { result: 'renewed', id: givenId, name: renewed };
  const reading = given.read(given.payload, patterns);
  const { id, name } = reading;
  if ('problems' in reading) return { result: 'refused', id, name, problems: reading.problems };
  const former = registry.get(id)?.name ?? name;
  const result = registry.add(id, { json, registration: reading.registration, make: () => reading.make() }, nowMs);
  return result === 'replaced' ? { result, id, name, former } : { result, id, name };
}

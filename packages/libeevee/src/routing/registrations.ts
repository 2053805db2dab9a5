import { messageOf } from '@eeveebot/contract';
import { type RateLimitConfig, defaultRateLimit } from '../chat/rate-limit.ts';
import type { BroadcastRegistration, CommandRegistration, EventRegistration } from '../chat/payloads.ts';
import { rateLimitProblems } from '../module/rate-limit-problems.ts';
import { literalsOf } from './command-literals.ts';
import { type Pattern, type Patterns } from './pattern.ts';
import type { Registered, ScopeField } from './registry.ts';

/** An invalid registration, and the reason. */
export interface Refusal {
  readonly id: string;
  readonly name: string;
  readonly problems: readonly string[];
}

export type Reading<Registration> =
  | Refusal
  | { readonly id: string; readonly name: string; readonly registration: Registration; make(): Registered<Registration> };

type Fields = Readonly<Record<string, unknown>>;

const SCOPES = ['platform', 'network', 'instance', 'channel', 'user', 'nick'] as const;

/** Longer ids and names are rejected: an id is part of a subject, whose length NATS limits, and a name of notices and the log. */
const MAX_NAME_CHARACTERS = 500;

/** Parses the fields of a payload and collects their problems. */
class FieldReader {
  readonly problems: string[] = [];
  readonly scopes: [ScopeField, Pattern][] = [];
  readonly #fields: Fields;
  readonly #patterns: Patterns;

  constructor(payload: unknown, patterns: Patterns) {
    this.#fields = typeof payload === 'object' && payload !== null ? (payload as Fields) : {};
    this.#patterns = patterns;
  }

  /** Any string: ids do not have to be UUIDs. */
  id(field: string): string {
    const value = this.#fields[field];
    if (typeof value === 'string' && value !== '') return this.#shortened(field, value);
    this.problems.push(`${field} must be a string`);
    return '';
  }

  name(field: string, id: string): string {
    const value = this.#fields[field];
    return typeof value === 'string' && value !== '' ? this.#shortened(field, value) : id;
  }

  /** The value, or its beginning and a problem. */
  #shortened(field: string, value: string): string {
    if (value.length <= MAX_NAME_CHARACTERS) return value;
    this.problems.push(`${field} has ${value.length} characters, at most ${MAX_NAME_CHARACTERS} are allowed`);
    return `${value.slice(0, 50)}…`;
  }

  flag(field: string, absent: boolean): boolean {
    const value = this.#fields[field];
    if (value !== undefined && value !== null && typeof value !== 'boolean') this.problems.push(`${field} must be true or false`);
    return typeof value === 'boolean' ? value : absent;
  }

  /** A regular expression; an empty one is `.*`. */
  regex(field: string): string {
    const value = this.#fields[field];
    if (value === undefined || value === null || value === '') return '.*';
    if (typeof value === 'string') return value;
    this.problems.push(`${field} must be a regular expression as a string`);
    return '.*';
  }

  compiled(field: string, source: string): Pattern | undefined {
    try {
      return this.#patterns.of(field, source);
    } catch (error) {
      this.problems.push(`${field}: ${messageOf(error)}`);
      return undefined;
    }
  }

  exactly(field: string, source: string): Pattern | undefined {
    try {
      return this.#patterns.exactly(field, source);
    } catch (error) {
      this.problems.push(`${field}: ${messageOf(error)}`);
      return undefined;
    }
  }

  scope<Field extends ScopeField>(field: Field): string {
    const source = this.regex(field);
    const pattern = this.compiled(field, source);
    if (pattern !== undefined) this.scopes.push([field, pattern]);
    return source;
  }

  everyScope(): Record<(typeof SCOPES)[number], string> {
    return Object.fromEntries(SCOPES.map((field) => [field, this.scope(field)])) as Record<(typeof SCOPES)[number], string>;
  }

  rateLimit(): RateLimitConfig {
    const value = this.#fields['ratelimit'];
    if (value === undefined || value === null) return defaultRateLimit;
    this.problems.push(...rateLimitProblems('ratelimit', value));
    const { mode, level, limit, interval } = value as RateLimitConfig;
    return { mode, level, limit, interval };
  }

  result<Registration>(
    identity: { id: string; name: string },
    registration: Registration,
    regex: Pattern | undefined,
  ): Reading<Registration> {
    const { problems, scopes } = this;
    if (problems.length > 0) return { ...identity, problems };
    return { ...identity, registration, make: () => ({ ...identity, registration, scopes, regex }) };
  }
}

/** Parses a payload of `command.register` and fills in defaults. */
export function readCommand(payload: unknown, patterns: Patterns): Reading<CommandRegistration> {
  const reader = new FieldReader(payload, patterns);
  const commandUUID = reader.id('commandUUID');
  const commandDisplayName = reader.name('commandDisplayName', commandUUID);
  const regex = reader.regex('regex');
  const registration: CommandRegistration = {
    commandUUID,
    commandDisplayName,
    ...reader.everyScope(),
    regex,
    platformPrefixAllowed: reader.flag('platformPrefixAllowed', true),
    nickPrefixAllowed: reader.flag('nickPrefixAllowed', false),
    ratelimit: reader.rateLimit(),
  };
  const pattern = reader.exactly('regex', regex);
  // Not with the first message, which would wait for those of all commands.
  if (pattern !== undefined) literalsOf(pattern);
  return reader.result({ id: commandUUID, name: commandDisplayName }, registration, pattern);
}

/** Parses a payload of `broadcast.register` and fills in defaults. */
export function readBroadcast(payload: unknown, patterns: Patterns): Reading<BroadcastRegistration> {
  const reader = new FieldReader(payload, patterns);
  const broadcastUUID = reader.id('broadcastUUID');
  const broadcastDisplayName = reader.name('broadcastDisplayName', broadcastUUID);
  const messageFilterRegex = reader.regex('messageFilterRegex');
  const registration: BroadcastRegistration = { broadcastUUID, broadcastDisplayName, ...reader.everyScope(), messageFilterRegex };
  const filter = reader.compiled('messageFilterRegex', messageFilterRegex);
  return reader.result({ id: broadcastUUID, name: broadcastDisplayName }, registration, filter);
}

/** Parses a payload of `event.register` and fills in defaults. */
export function readEventRegistration(payload: unknown, patterns: Patterns): Reading<EventRegistration> {
  const reader = new FieldReader(payload, patterns);
  const eventUUID = reader.id('eventUUID');
  const eventDisplayName = reader.name('eventDisplayName', eventUUID);
  const registration: EventRegistration = { eventUUID, eventDisplayName, eventType: reader.scope('eventType'), ...reader.everyScope() };
  return reader.result({ id: eventUUID, name: eventDisplayName }, registration, undefined);
}

import { messageOf } from '@eeveebot/contract';
import type { Message } from './message.ts';
import { Pattern } from './pattern.ts';
import { PENDING, type Trial } from './trial.ts';

/** A rule that keeps messages from all modules: blocked a message when the pattern and all scopes match. */
export interface BlocklistEntry {
  /** Name for the log: its description, or its position in the list. */
  readonly name: string;
  readonly pattern: Pattern;
  readonly scopes: readonly (readonly [field: BlockScope, pattern: Pattern])[];
}

const SCOPES = ['platform', 'network', 'instance', 'channel', 'user', 'nick'] as const;
type BlockScope = (typeof SCOPES)[number];

/** A blocklist from a configuration: the valid entries, and the problems of the others. */
export interface Blocklist {
  readonly entries: readonly BlocklistEntry[];
  readonly problems: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

const isScope = (field: string): boolean => (SCOPES as readonly string[]).includes(field);

const isAbsent = (value: unknown): boolean => value === undefined || value === null;
const isUnset = (value: unknown): boolean => isAbsent(value) || value === '';

function entryOf(given: unknown, where: string, problems: string[]): BlocklistEntry | undefined {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    problems.push(`${where} is not a mapping`);
    return undefined;
  }
  const { enabled, description, pattern, ...others } = given as Fields;
  if (enabled === false) return undefined;
  const name = typeof description === 'string' && description !== '' ? `${where} (${description})` : where;
  const before = problems.length;
  problems.push(...fieldProblems(name, enabled, others));
  const compiled = (field: string, source: unknown): Pattern | undefined => {
    const result = compiledOrProblem(source);
    if (result instanceof Pattern) return result;
    problems.push(`${name}: ${field} ${result}`);
    return undefined;
  };
  const text = isUnset(pattern) ? undefined : compiled('pattern', pattern);
  if (isUnset(pattern)) problems.push(`${name}: pattern is missing`);
  const scopes = SCOPES.flatMap((field) => {
    const scope = isUnset(others[field]) ? undefined : compiled(field, others[field]);
    return scope === undefined ? [] : [[field, scope] as const];
  });
  return problems.length > before || text === undefined ? undefined : { name, pattern: text, scopes };
}

function fieldProblems(name: string, enabled: unknown, others: Fields): readonly string[] {
  const isFlag = isAbsent(enabled) || enabled === true;
  // A scope with a typing error would make the entry block everything everywhere.
  const unknown = Object.keys(others).filter((field) => !isScope(field));
  return [
    ...(isFlag ? [] : [`${name}: enabled must be true or false`]),
    ...unknown.map((field) => `${name}: ${field} is not a field of an entry (pattern, enabled, description, ${SCOPES.join(', ')})`),
  ];
}

function compiledOrProblem(source: unknown): Pattern | string {
  try {
    if (typeof source !== 'string') throw new TypeError('must be a regular expression as a string');
    return new Pattern(source);
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * Parses the blocklist of a configuration. Invalid entries are reported in `problems` and skipped; the others apply.
 *
 * @param given the value of `blocklist`; an absent one is an empty list.
 */
export function readBlocklist(given: unknown): Blocklist {
  if (given === undefined || given === null) return { entries: [], problems: [] };
  if (!Array.isArray(given)) return { entries: [], problems: ['blocklist is not a list'] };
  const problems: string[] = [];
  const entries = given.map((entry: unknown, index) => entryOf(entry, `blocklist[${index}]`, problems));
  return { entries: entries.filter((entry) => entry !== undefined), problems };
}

function scopeMatches(field: BlockScope, pattern: Pattern, message: Message, trial: Trial): boolean | typeof PENDING {
  const matches = trial.matches(pattern, message[field]);
  // Users are matched by either name.
  return field === 'user' && matches === false ? trial.matches(pattern, message.nick) : matches;
}

function isBlockedBy({ pattern, scopes }: BlocklistEntry, message: Message, trial: Trial): boolean | typeof PENDING {
  let result = trial.matches(pattern, message.text);
  for (const [field, scope] of scopes) {
    if (result === false) return false;
    const holds = scopeMatches(field, scope, message, trial);
    if (holds !== true) result = holds;
  }
  return result;
}

/** The first entry that blocks a message, if any. */
export function blockingEntry(
  entries: readonly BlocklistEntry[],
  message: Message,
  trial: Trial,
): BlocklistEntry | undefined | typeof PENDING {
  let pending = false;
  for (const entry of entries) {
    const blocked = isBlockedBy(entry, message, trial);
    if (blocked === true) return entry;
    if (blocked === PENDING) pending = true;
  }
  return pending ? PENDING : undefined;
}

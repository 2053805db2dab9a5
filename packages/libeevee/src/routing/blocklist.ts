import type { Message } from './message.ts';
import { Pattern, refusalOf } from './pattern.ts';
import { PENDING, type Trial } from './trial.ts';

/** A rule that keeps messages from all modules: a message is blocked when the pattern and all scopes match. */
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

function entryOf(given: unknown, where: string, problems: string[]): BlocklistEntry | undefined {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    problems.push(`${where} is not a mapping`);
    return undefined;
  }
  const { enabled, description, pattern, ...others } = given as Fields;
  const name = typeof description === 'string' && description !== '' ? `${where} (${description})` : where;
  if (enabled === false) return undefined;
  const before = problems.length;
  if (enabled !== undefined && enabled !== null && enabled !== true) problems.push(`${name}: enabled must be true or false`);
  // A scope with a typing error would make the entry block everything everywhere.
  for (const field of Object.keys(others)) {
    if (!isScope(field))
      problems.push(`${name}: ${field} is not a field of an entry (pattern, enabled, description, ${SCOPES.join(', ')})`);
  }
  const compiled = (field: string, source: unknown): Pattern | undefined => {
    try {
      if (typeof source !== 'string') throw new TypeError('must be a regular expression in a text');
      return new Pattern(source);
    } catch (error) {
      problems.push(`${name}: ${field} ${refusalOf(error)}`);
      return undefined;
    }
  };
  const text = pattern === undefined || pattern === null || pattern === '' ? undefined : compiled('pattern', pattern);
  if (pattern === undefined || pattern === null || pattern === '') problems.push(`${name}: pattern is missing`);
  const scopes = SCOPES.flatMap((field) => {
    const source = others[field];
    if (source === undefined || source === null || source === '') return [];
    const scope = compiled(field, source);
    return scope === undefined ? [] : [[field, scope] as const];
  });
  return problems.length > before || text === undefined ? undefined : { name, pattern: text, scopes };
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

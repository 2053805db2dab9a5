import { type FieldCheck, flag, isMapping, listOf, mappingOf, text } from '../fields/field-problems.ts';

const fields = mappingOf({}, { channelAdmin: flag, accounts: listOf(text), hosts: listOf(text), nicks: listOf(text) });

const KNOWN: ReadonlySet<string> = new Set(['channelAdmin', 'accounts', 'hosts', 'nicks']);

/** Problems of an `allow`, which may come from a configuration. A misspelled field would admit fewer users than intended, or none. */
export const allowProblems: FieldCheck = (where, value) => {
  if (!isMapping(value)) return [`${where} must be an object with channelAdmin, accounts, hosts or nicks`];
  const unknown = Object.keys(value).filter((field) => !KNOWN.has(field));
  if (unknown.length > 0) return unknown.map((field) => `${where}.${field} is unknown: use channelAdmin, accounts, hosts or nicks`);
  return fields(where, value);
};

/** Problems of an `allow` in a definition. One that admits no user is accepted only from a configuration. */
export const allowDeclaration: FieldCheck = (where, value) => {
  if (typeof value === 'function') return [];
  const problems = allowProblems(where, value);
  if (problems.length > 0 || !isMapping(value)) return problems;
  const admits =
    value['channelAdmin'] === true || ['accounts', 'hosts', 'nicks'].some((list) => Array.isArray(value[list]) && value[list].length > 0);
  return admits ? [] : [`${where} allows no users: set channelAdmin, accounts, hosts or nicks`];
};

import { isSecretName } from './redaction.ts';

/** Fields of chat payloads that contain chat text. */
export const SAID: ReadonlySet<string> = new Set(['text', 'originalText', 'matchedText', 'rawEvent']);

/** Names that every line already has: duplicate keys are ambiguous in JSON. */
export const OWN_NAMES: ReadonlySet<string> = new Set(['level', 'time', 'msg']);

/** Maximum number of remembered names. Lines have few different ones, unless a module logs data of others. */
const MAX_REMEMBERED = 1_000;

const plainNames = new Set<string>();

/** Whether a field of this name is written as it is, at every level. */
export function isPlainName(name: string): boolean {
  if (plainNames.has(name)) return true;
  if (SAID.has(name) || OWN_NAMES.has(name) || name === '__proto__' || isSecretName(name)) return false;
  if (plainNames.size < MAX_REMEMBERED) plainNames.add(name);
  return true;
}

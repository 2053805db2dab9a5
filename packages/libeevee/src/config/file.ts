import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type YamlFault, lostYamlMeaning, yamlPlace, yamlProblemText } from '@eeveebot/contract';
import { parseDocument } from 'yaml';
import { checkAliases } from './aliases.ts';
import { ConfigFileError, EmptyConfigFileError } from './config-file-error.ts';
import { type Mapping, isMapping } from './mapping.ts';

/** The maximum size of a ConfigMap. */
const MAX_CONFIG_BYTES = 1024 * 1024;

/**
 * Text of the file. Never reads more than the limit, whatever the path leads to.
 *
 * @throws ConfigFileError when the file is too large, and the system error when it cannot be read.
 */
export function textOfFile(path: string): string {
  const file = openSync(path, 'r');
  try {
    const about = fstatSync(file);
    // A pipe has no size and can be read only once.
    if (!about.isFile()) return textWithin(file, MAX_CONFIG_BYTES, null) ?? tooLarge();
    const expected = Math.min(about.size, MAX_CONFIG_BYTES);
    // Reads again if the file has grown since `fstat`.
    return textWithin(file, expected, 0) ?? textWithin(file, MAX_CONFIG_BYTES, 0) ?? tooLarge();
  } finally {
    closeSync(file);
  }
}

/** Text of a file from `start` on (null: the current position); undefined if it exceeds `bytes` bytes. */
function textWithin(file: number, bytes: number, start: 0 | null): string | undefined {
  const buffer = Buffer.allocUnsafe(bytes + 1);
  let length = 0;
  for (let read = -1; read !== 0 && length < buffer.length; length += read) {
    read = readSync(file, buffer, length, buffer.length - length, start === null ? null : length);
  }
  return length > bytes ? undefined : buffer.toString('utf8', 0, length);
}

function tooLarge(): never {
  throw new ConfigFileError('it is larger than 1 MiB');
}

const notYaml = (text: string, fault: YamlFault): ConfigFileError =>
  new ConfigFileError(`it is not valid YAML: ${yamlProblemText(text, fault)}`);

/**
 * Parses a YAML mapping.
 *
 * @throws ConfigFileError when the text is not YAML or would lose a part of its meaning, is empty, or is not a mapping.
 */
export function mappingOfYaml(text: string): Mapping {
  // The core schema yields only plain values: no dates, no binary, no custom types. Merge keys (`<<`) are not part of it.
  const document = parseDocument(text, { schema: 'core', resolveKnownTags: false, merge: true, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) throw notYaml(text, { code: error.code, message: error.message, at: error.pos[0] });
  const unclear = lostYamlMeaning(document);
  if (unclear !== undefined) throw notYaml(text, unclear);
  const placeAt = (offset: number): string => yamlPlace(text, offset);
  checkAliases(document, placeAt);
  const value: unknown = document.toJS({ maxAliasCount: -1 });
  if (value === null || value === undefined) throw new EmptyConfigFileError();
  if (isMapping(value)) return value;
  const what = Array.isArray(value) ? 'a list' : 'a single value';
  const place = placeAt(document.contents?.range?.[0] ?? 0);
  throw new ConfigFileError(`its top level is ${what} at ${place}, not a mapping; to fix it, write lines of \`key: value\``);
}

import { closeSync, openSync, readSync } from 'node:fs';
import { MODULE_ENV } from '@eeveebot/contract';
import { parseDocument } from 'yaml';
import { reasonOf } from './errors.ts';
import { log } from './log.ts';

/** A ConfigMap cannot hold more either. */
const MAX_CONFIG_BYTES = 1024 * 1024;

type Mapping = Record<string, unknown>;

const isMapping = (value: unknown): value is Mapping => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is wrong with a configuration file; the text never quotes the file, which may hold secrets. */
class ConfigFileError extends Error {
  override readonly name = 'ConfigFileError';
}

/** The file's text. Never reads more than the limit, whatever the path leads to. */
function textOfFile(path: string): string {
  const buffer = Buffer.allocUnsafe(MAX_CONFIG_BYTES + 1);
  const file = openSync(path, 'r');
  try {
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      read = readSync(file, buffer, length, buffer.length - length, null);
    }
    if (length > MAX_CONFIG_BYTES) throw new ConfigFileError('it is larger than 1 MiB');
    return buffer.toString('utf8', 0, length);
  } finally {
    closeSync(file);
  }
}

function mappingOfYaml(text: string): Mapping {
  // The core schema makes plain values only: no dates, no binary, no types of the user's choosing.
  const document = parseDocument(text, { schema: 'core', resolveKnownTags: false });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const [position] = problem.linePos ?? [];
    throw new ConfigFileError(
      `it is not valid YAML: ${problem.code}${position === undefined ? '' : ` at line ${position.line}, column ${position.col}`}`,
    );
  }
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  if (value === null || value === undefined) throw new ConfigFileError('it is empty');
  if (!isMapping(value)) throw new ConfigFileError(`its top level is ${Array.isArray(value) ? 'a list' : 'a single value'}, not a mapping`);
  return value;
}

/**
 * `over` laid over `base`, key by key and deep. Lists are replaced as a whole. A mapping that the file
 * leaves empty (`ratelimit:` with everything under it commented out) keeps its defaults.
 */
export function mergedConfig(base: unknown, over: unknown): unknown {
  if (isMapping(base) && over === null) return mergedConfig(base, {});
  if (isMapping(over)) {
    const merged: Mapping = {};
    const from = isMapping(base) ? base : {};
    for (const key of new Set([...Object.keys(from), ...Object.keys(over)])) {
      if (key === '__proto__') continue;
      merged[key] = Object.hasOwn(over, key) ? mergedConfig(Object.hasOwn(from, key) ? from[key] : undefined, over[key]) : from[key];
    }
    return merged;
  }
  return over;
}

/**
 * The module's configuration: the YAML file at `MODULE_CONFIG_PATH` laid over `defaults`, key by key
 * and deep. A path that is not set, a file that cannot be read or parsed, is larger than 1 MiB or is
 * not a mapping gives `defaults`, and a log line says which. Reads synchronously; never throws.
 *
 * @example
 * const config = loadModuleConfig({ ratelimit: defaultRateLimit, greeting: 'hello' });
 */
export function loadModuleConfig<T>(defaults: T): T {
  const path = process.env[MODULE_ENV.moduleConfigPath];
  const producer = 'loadModuleConfig';
  if (path === undefined || path === '') {
    log.info(`${MODULE_ENV.moduleConfigPath} is not set: using the default configuration`, { producer });
    return defaults;
  }
  try {
    const config = mergedConfig(defaults, mappingOfYaml(textOfFile(path)));
    log.info('Loaded the configuration', { producer, path });
    // The defaults' type is the caller's word for what the file holds.
    return config as T;
  } catch (error) {
    log.error(`Using the default configuration, the file cannot be used: ${reasonOf(error)}`, { producer, path });
    return defaults;
  }
}

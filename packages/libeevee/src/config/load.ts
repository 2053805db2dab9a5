import { MODULE_ENV } from '@eeveebot/contract';
import { mappingOfYaml, textOfFile } from './file.ts';
import { isMapping } from './mapping.ts';
import { unknownKeys } from './unknown-keys.ts';
import { reasonOf } from '../errors.ts';
import { log } from '../log/log.ts';

/**
 * Merges `over` deeply into `base`. Lists are replaced as a whole. A mapping that is empty in the file (`ratelimit:` with everything
 * under it commented out) keeps its defaults.
 */
export function mergedConfig(base: unknown, over: unknown): unknown {
  if (isMapping(base) && over === null) return mergedConfig(base, {});
  if (isMapping(over)) {
    const merged: Record<string, unknown> = {};
    const from = isMapping(base) ? base : {};
    for (const key of new Set([...Object.keys(from), ...Object.keys(over)])) {
      if (key === '__proto__') continue;
      merged[key] = Object.hasOwn(over, key) ? mergedConfig(Object.hasOwn(from, key) ? from[key] : undefined, over[key]) : from[key];
    }
    return merged;
  }
  return over;
}

/** A key that nothing reads is usually a typo. */
export function warnOfUnknownKeys(known: unknown, given: unknown, producer: string): void {
  for (const key of unknownKeys(known, given)) log.warn(`The configuration has an unknown key: ${key}`, { producer });
}

/**
 * Configuration of the module: the YAML file at `MODULE_CONFIG_PATH` merged deeply over `defaults`. Returns `defaults`, and logs the
 * cause, when the path is not set or the file cannot be read or parsed, is larger than 1 MiB or is not a mapping. Another log line names
 * each key that `defaults` does not have. Reads synchronously; never throws.
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
    const given = mappingOfYaml(textOfFile(path));
    const config = mergedConfig(defaults, given);
    log.info('Loaded the configuration', { producer, path });
    warnOfUnknownKeys(defaults, given, producer);
    // The caller guarantees that the file matches the type of the defaults.
    return config as T;
  } catch (error) {
    log.error(`Using the default configuration because the file cannot be used: ${reasonOf(error)}`, { producer, path });
    return defaults;
  }
}

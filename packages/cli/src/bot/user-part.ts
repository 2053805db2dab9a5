import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { defined, MODULE_ENV, messageOf } from '@eeveebot/contract';
import { CliError, EXIT } from '../cli-error.ts';
import { moduleEntry, nodeFlags } from './module-entry.ts';
import type { WatchedPart } from './talk-locally.ts';

/** Settings of a module of the user. */
export interface UserPartOptions {
  /** File with its `moduleConfig`. */
  readonly config?: string | undefined;
  /** File with variables, such as secrets. */
  readonly envFile?: string | undefined;
}

function textOf(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError(`${what} ${path} cannot be read: ${messageOf(error)}`, EXIT.noInput, {
      cause: error,
    });
  }
}

/**
 * A module of the user as a part of a bot.
 *
 * @param path its folder, or the file that starts it.
 * @throws CliError when it, or a file that it needs, does not exist.
 */
export function userPart(path: string, { config, envFile }: UserPartOptions = {}): WatchedPart {
  const { name, folder, file } = moduleEntry(path);
  if (config !== undefined) textOf(config, 'the configuration');
  const variables = (): NodeJS.ProcessEnv => (envFile === undefined ? {} : parseEnv(textOf(envFile, 'the file with variables')));
  variables();
  const configPath = config === undefined ? undefined : resolve(config);
  return {
    name,
    folder,
    file,
    nodeFlags: nodeFlags({ folder }),
    logLevel: 'warn',
    env: () => ({ ...variables(), ...defined({ [MODULE_ENV.moduleConfigPath]: configPath }) }),
    restartedBy: envFile === undefined ? [] : [resolve(envFile)],
    followsItself: configPath === undefined ? [] : [configPath],
  };
}

import { resolve } from 'node:path';
import { MODULE_ENV } from '@eeveebot/contract';
import { ERROR_CODES, EeveeError, reasonOf } from '../errors.ts';
import { warnOfUnknownKeys } from '../config/load.ts';
import { ignorable, pendingOf } from '../promises.ts';
import { frozenCopy } from './frozen.ts';
import { defaultProblems } from './default-problems.ts';
import { isGroup } from './command-definition.ts';
import type { ModuleDefinition } from './definition.ts';
import { allowProblems } from './permissions/problems.ts';
import type { AllowDeclaration } from './permissions/types.ts';
import { rateLimitProblems } from './rate-limit-problems.ts';
import { isStandardSchema, issueText } from './fields/standard-schema.ts';

type Configured<Config> = Pick<ModuleDefinition<Config>, 'config' | 'commands'>;
type Commands<Config> = ModuleDefinition<Config>['commands'];

/** Defaults over which a configuration file is merged; a schema has its own. */
export const configDefaults = ({ config }: { config?: unknown }): unknown => (isStandardSchema(config) ? {} : (config ?? {}));

const invalid = (origin: string, problems: readonly string[]): EeveeError =>
  new EeveeError(ERROR_CODES.configInvalid, `${origin} is not valid: ${problems.join('; ')}`);

/** The configuration of this process, for messages. */
export function configOrigin(): string {
  const path = process.env[MODULE_ENV.moduleConfigPath] ?? '';
  return path === ''
    ? `the configuration, which has no file because ${MODULE_ENV.moduleConfigPath} is not set,`
    : `the configuration file ${resolve(path)}`;
}

/**
 * The result of a function of a definition that reads the configuration.
 *
 * @throws the error of the function; TypeError for a promise, which would be read as an object without fields.
 */
function readFrom<Config>(config: Config, read: (config: Config) => unknown): unknown {
  const value = read(config);
  const pending = pendingOf(value);
  if (pending === undefined) return value;
  void ignorable(pending);
  throw new TypeError('its function returned a promise, and must be synchronous');
}

function limitProblems<Config>(commands: Commands<Config>, config: Config): string[] {
  return (commands ?? []).flatMap(({ commandDisplayName, ratelimit }) => {
    if (ratelimit === undefined) return [];
    const where = `rate limit of ${commandDisplayName}`;
    try {
      return rateLimitProblems(where, typeof ratelimit === 'function' ? readFrom(config, ratelimit) : ratelimit);
    } catch (error) {
      return [`${where}: ${reasonOf(error)}`];
    }
  });
}

/** Problems of an `allow` that a function reads from the configuration. */
function allowProblemsOf<Config>(where: string, allow: AllowDeclaration<Config> | undefined, config: Config): readonly string[] {
  if (typeof allow !== 'function') return [];
  try {
    return allowProblems(`allow of ${where}`, readFrom(config, allow));
  } catch (error) {
    return [`allow of ${where}: ${reasonOf(error)}`];
  }
}

const permissionProblems = <Config>(commands: Commands<Config>, config: Config): string[] =>
  (commands ?? []).flatMap((command) => {
    const { commandDisplayName: name, allow } = command;
    const below = isGroup(command) ? command.subcommands : [];
    return [
      ...allowProblemsOf(name, allow, config),
      ...below.flatMap((subcommand) => allowProblemsOf(`${name} ${subcommand.name}`, subcommand.allow, config)),
    ];
  });

/**
 * The configuration that a module runs with, frozen, because handlers share it with each other and with the defaults.
 *
 * @param laid the file merged over {@link configDefaults}.
 * @param origin what is not valid, for messages.
 * @throws EeveeError `EEVEE_CONFIG_INVALID` naming every invalid field.
 */
export async function validConfig<Config>(
  { config: source, commands }: Configured<Config>,
  laid: unknown,
  origin = 'the configuration',
): Promise<Config> {
  let config = laid;
  if (isStandardSchema(source)) {
    const result = await source['~standard'].validate(laid);
    if (result.issues !== undefined)
      throw invalid(
        origin,
        result.issues.map((issue) => issueText(issue, laid)),
      );
    config = result.value;
    // A schema drops the keys that it does not know.
    warnOfUnknownKeys(config, laid, 'defineModule');
  } else {
    const problems = defaultProblems(source, laid);
    if (problems.length > 0) throw invalid(origin, problems);
  }
  const checked = frozenCopy(config as Config);
  const problems = [...limitProblems(commands, checked), ...permissionProblems(commands, checked)];
  if (problems.length > 0) throw invalid(origin, problems);
  return checked;
}

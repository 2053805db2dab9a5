import { reasonOf } from '../errors.ts';
import { argumentsDeclaration } from './arguments/problems.ts';
import { commandName, deafAliases, nameRegex } from './command-aliases.ts';
import {
  type AnyCommandDefinition,
  type CommandDefinition,
  type CommandGroupDefinition,
  type SubcommandDefinition,
  isGroup,
} from './command-definition.ts';
import { registeredRegex } from './command-registration.ts';
import {
  type FieldCheck,
  anything,
  flag,
  handler,
  isMapping,
  listOf,
  mappingOf,
  regex,
  text,
  timeout,
  uuid,
} from './fields/field-problems.ts';
import { allowDeclaration } from './permissions/problems.ts';
import { rateLimitProblems } from './rate-limit-problems.ts';

/** Regular expressions for the scope of a registration; an empty one matches everything. */
export const SCOPES = { platform: regex, network: regex, instance: regex, channel: regex, user: regex, nick: regex };

/** Settings of every handler. */
export const HANDLING = { timeoutMs: timeout, use: listOf(handler), onError: handler, onTimeout: handler };

/** Functions are checked once there is a configuration to call them with. */
const rateLimit: FieldCheck = (where, value) => (typeof value === 'function' ? [] : rateLimitProblems(where, value));

const HELP = { params: listOf(mappingOf({ param: text }, { required: flag })), aliases: listOf(text) };

/** Settings of every call. */
const CALL = { ...HANDLING, allow: allowDeclaration };

const REGISTERED = {
  ...SCOPES,
  ...CALL,
  commandUUID: uuid,
  regex,
  ignoreCase: flag,
  platformPrefixAllowed: flag,
  nickPrefixAllowed: flag,
  ratelimit: rateLimit,
  help: mappingOf({ descr: text }, { ...HELP, command: text }),
};

/** Also checks the handler. */
export const withRun =
  (check: FieldCheck): FieldCheck =>
  (where, value) => [...check(where, value), ...(isMapping(value) ? handler(`${where}.run`, value['run']) : [])];

const command = withRun(
  mappingOf({ commandDisplayName: text }, { ...REGISTERED, args: argumentsDeclaration, run: anything, subcommands: anything }),
);

const word: FieldCheck = (where, value) =>
  typeof value === 'string' && /^\S+$/.test(value) ? [] : [`${where} must be a word without spaces`];

const subcommandFields = withRun(
  mappingOf(
    { name: word },
    { ...CALL, args: argumentsDeclaration, run: anything, help: mappingOf({ descr: text }, { ...HELP, aliases: listOf(word) }) },
  ),
);

const leftOut =
  (reason: string): FieldCheck =>
  (where) => [`${where} must be omitted: ${reason}`];

const group = mappingOf(
  { commandDisplayName: text, subcommands: listOf(subcommandFields) },
  { ...REGISTERED, args: leftOut('each subcommand has its own args'), run: leftOut('each subcommand has its own') },
);

/** Parameters that are declared twice. */
const paramProblems = (where: string, { help, args }: Pick<CommandDefinition, 'help' | 'args'> | SubcommandDefinition): string[] =>
  help?.params !== undefined && Array.isArray(args) ? [`${where}.help.params must be omitted: help lists args`] : [];

/** Problems of a group whose fields are all valid. */
function groupProblems(where: string, { subcommands, help, ignoreCase }: CommandGroupDefinition): string[] {
  const names = subcommands.flatMap(({ name, help: own }) => [name, ...(own?.aliases ?? [])]);
  const compared = ignoreCase === true ? names.map((name) => name.toLowerCase()) : names;
  const twice = names.filter((_name, index) => compared.indexOf(compared[index] ?? '') !== index);
  return [
    ...(subcommands.length === 0 ? [`${where}.subcommands must have at least one`] : []),
    ...(help?.params === undefined ? [] : [`${where}.help.params must be omitted: help lists subcommands`]),
    ...twice.map((name) => `${where}.subcommands: "${name}" is used twice`),
    ...subcommands.flatMap((each, index) => paramProblems(`${where}.subcommands[${index}]`, each)),
  ];
}

/** Routers reject longer expressions. */
const MAX_REGEX_CHARACTERS = 2_000;

/** Problems of a regex that must ignore case. */
function caseProblems(where: string, called: AnyCommandDefinition): string[] {
  if (called.ignoreCase !== true) return [];
  try {
    const { length } = registeredRegex(called);
    return length > MAX_REGEX_CHARACTERS
      ? [
          `${where}.ignoreCase: the resulting regex has ${length} characters, and at most ${MAX_REGEX_CHARACTERS} are allowed: shorten it, or remove ignoreCase`,
        ]
      : [];
  } catch (error) {
    return [`${where}.ignoreCase: ${reasonOf(error)}`];
  }
}

/** Aliases that nothing would match, of a command whose fields are all valid. */
function aliasProblems(where: string, called: AnyCommandDefinition): string[] {
  const name = commandName(called);
  return deafAliases({ ...called, regex: called.regex ?? nameRegex(called) }).map(
    (alias) => `${where}.help.aliases: no command answers "${alias}": match it in regex, or begin regex with ^${name}`,
  );
}

/** Problems of a command, which may be any value. */
export const commandProblems: FieldCheck = (where, value) => {
  const isOfSubcommands = isMapping(value) && value['subcommands'] !== undefined;
  const problems = isOfSubcommands ? group(where, value) : command(where, value);
  if (problems.length > 0) return problems;
  const called = value as AnyCommandDefinition;
  return [
    ...aliasProblems(where, called),
    ...caseProblems(where, called),
    ...(isGroup(called) ? groupProblems(where, called) : paramProblems(where, called)),
  ];
};

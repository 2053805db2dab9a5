import { reasonOf } from '../errors.ts';
import { isQueueName } from '../nats/subjects.ts';
import { argumentsDeclaration } from './arguments/problems.ts';
import { commandName, deafAliases, nameRegex } from './command-aliases.ts';
import { commandUuidOf, registeredRegex } from './command-registration.ts';
import type { CommandDefinition, EventDefinition } from './definition.ts';
import { eventRegistrationOf } from './event-registration.ts';
import { type FieldCheck, count, flag, handler, isMapping, listOf, mappingOf, regex, text, timeout, uuid } from './field-problems.ts';
import { rateLimitProblems } from './rate-limit-problems.ts';

/** Regular expressions for the scope of a registration; an empty one matches everything. */
const SCOPES = { platform: regex, network: regex, instance: regex, channel: regex, user: regex, nick: regex };

const HOOKS = { onError: handler, onTimeout: handler };

const scheduleName: FieldCheck = (where, value) =>
  typeof value === 'string' && /^[-\w]{1,64}$/.test(value) ? [] : [`${where} must be 1 to 64 letters, digits, "-" or "_"`];

/** Functions are checked once there is a configuration to call them with. */
const rateLimit: FieldCheck = (where, value) => (typeof value === 'function' ? [] : rateLimitProblems(where, value));

const help = mappingOf(
  { descr: text },
  { command: text, params: listOf(mappingOf({ param: text }, { required: flag })), aliases: listOf(text) },
);

const command = mappingOf(
  { commandDisplayName: text },
  {
    ...SCOPES,
    commandUUID: uuid,
    regex,
    ignoreCase: flag,
    args: argumentsDeclaration,
    platformPrefixAllowed: flag,
    nickPrefixAllowed: flag,
    ratelimit: rateLimit,
    help,
    timeoutMs: timeout,
    ...HOOKS,
  },
);

const broadcast = mappingOf(
  { broadcastUUID: uuid, broadcastDisplayName: text },
  { ...SCOPES, messageFilterRegex: regex, timeoutMs: timeout, ...HOOKS },
);

const event = mappingOf({}, { ...SCOPES, eventUUID: uuid, eventDisplayName: text, eventType: regex, timeoutMs: timeout, ...HOOKS });

const schedule = mappingOf({ name: scheduleName }, { timeoutMs: timeout, ...HOOKS });

/** Routers reject longer expressions. */
const MAX_REGEX_CHARACTERS = 2_000;

/** Problems of a regex that is to ignore case. */
function caseProblems(where: string, command: CommandDefinition): string[] {
  if (command.ignoreCase !== true) return [];
  try {
    const { length } = registeredRegex(command);
    return length > MAX_REGEX_CHARACTERS
      ? [
          `${where}.ignoreCase: the regex then has ${length} characters, ${MAX_REGEX_CHARACTERS} at most: shorten it, or leave ignoreCase out`,
        ]
      : [];
  } catch (error) {
    return [`${where}.ignoreCase: ${reasonOf(error)}`];
  }
}

/** Problems of a command whose fields are all valid: aliases that nothing would match, and parameters that are declared twice. */
const withAliases: FieldCheck = (where, value) => {
  const problems = command(where, value);
  if (problems.length > 0) return problems;
  const { regex: own, ...called } = value as CommandDefinition;
  const name = commandName(called);
  return [
    ...deafAliases({ ...called, regex: own ?? nameRegex(called) }).map(
      (alias) => `${where}.help.aliases: nothing answers "${alias}": match it in regex, or begin regex with ^${name}`,
    ),
    ...caseProblems(where, value as CommandDefinition),
    ...(called.help?.params !== undefined && Array.isArray(called.args) ? [`${where}.help.params must be left out: help lists args`] : []),
  ];
};

/** Also checks the handler. */
const withRun =
  (check: FieldCheck): FieldCheck =>
  (where, value) => [...check(where, value), ...(isMapping(value) ? handler(`${where}.run`, value['run']) : [])];

const moduleName: FieldCheck = (where, value) =>
  typeof value === 'string' && isQueueName(value) ? [] : [`${where} must be a word without spaces`];

const definitionChecks = mappingOf(
  { name: moduleName, version: text },
  {
    concurrency: count,
    maxPending: count,
    timeoutMs: timeout,
    startTimeoutMs: timeout,
    commands: listOf(withRun(withAliases)),
    broadcasts: listOf(withRun(broadcast)),
    events: listOf(withRun(event)),
    schedules: listOf(withRun(schedule)),
    onStart: handler,
    onStop: handler,
    onConfigChange: handler,
    ...HOOKS,
  },
);

const listIn = (definition: unknown, field: string): readonly unknown[] => {
  const value: unknown = Reflect.get(Object(definition), field);
  return Array.isArray(value) ? value : [];
};

const repeated = (texts: readonly string[]): readonly string[] => texts.filter((text_, index) => texts.indexOf(text_) !== index);

/** Identities that are strings; others are reported separately. */
function identities(definition: unknown): string[] {
  const name = String(Reflect.get(Object(definition), 'name'));
  const commandUUIDs = listIn(definition, 'commands').map((each) => commandUuidOf(name, Object(each) as CommandDefinition));
  const broadcastUUIDs = listIn(definition, 'broadcasts').map((each): unknown => Reflect.get(Object(each), 'broadcastUUID'));
  const eventUUIDs = listIn(definition, 'events').map(
    (each) => eventRegistrationOf(name, Object(each) as EventDefinition<never>).eventUUID,
  );
  return [...commandUUIDs, ...broadcastUUIDs, ...eventUUIDs].filter((id) => typeof id === 'string');
}

/**
 * Problems of a module definition, each naming the field. The definition may be any value, because not all modules are type-checked.
 *
 * @example
 * definitionProblems({ name: 'm', version: '1', commands: [{}] }); // ['commands[0].commandUUID must be …', …]
 */
export function definitionProblems(definition: unknown): string[] {
  if (!isMapping(definition)) return ['the definition must be an object'];
  const ids = identities(definition);
  const twice = repeated(ids);
  const names = listIn(definition, 'schedules').map((each) => String(Reflect.get(Object(each), 'name')));
  return [
    ...definitionChecks('', definition),
    ...twice.map((id) => `the UUID ${id} is used twice: each command, broadcast and event needs its own`),
    ...repeated(names).map((name) => `the schedule ${name} is listed twice: each needs a name of its own`),
  ];
}

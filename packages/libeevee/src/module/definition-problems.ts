import { isQueueName } from '../nats/subjects.ts';
import { HANDLING, SCOPES, commandProblems, withRun } from './command-problems.ts';
import { commandUuidOf } from './command-registration.ts';
import type { CommandDefinition } from './command-definition.ts';
import type { EventDefinition } from './definition.ts';
import { eventRegistrationOf } from './event-registration.ts';
import {
  type FieldCheck,
  anything,
  count,
  handler,
  isMapping,
  listOf,
  mappingOf,
  regex,
  text,
  timeout,
  uuid,
} from './fields/field-problems.ts';

const broadcast = mappingOf(
  { broadcastUUID: uuid, broadcastDisplayName: text },
  { ...SCOPES, messageFilterRegex: regex, ...HANDLING, run: anything },
);

const scheduleName: FieldCheck = (where, value) =>
  typeof value === 'string' && /^[-\w]{1,64}$/.test(value) ? [] : [`${where} must be 1 to 64 letters, digits, "-" or "_"`];

const schedule = mappingOf({ name: scheduleName }, { ...HANDLING, run: anything });

const event = mappingOf({}, { ...SCOPES, eventUUID: uuid, eventDisplayName: text, eventType: regex, ...HANDLING, run: anything });

const moduleName: FieldCheck = (where, value) =>
  typeof value === 'string' && isQueueName(value) ? [] : [`${where} must be a word without spaces`];

const definitionChecks = mappingOf(
  { name: moduleName, version: text },
  {
    concurrency: count,
    maxPending: count,
    ...HANDLING,
    startTimeoutMs: timeout,
    config: anything,
    commands: listOf(commandProblems),
    broadcasts: listOf(withRun(broadcast)),
    events: listOf(withRun(event)),
    schedules: listOf(withRun(schedule)),
    onStart: handler,
    onStop: handler,
    onConfigChange: handler,
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
    ...repeated(names).map((name) => `the schedule ${name} is listed twice: each needs its own name`),
  ];
}

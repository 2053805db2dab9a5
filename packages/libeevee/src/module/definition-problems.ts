import { reasonOf } from '../errors.ts';
import { isQueueName } from '../nats/subjects.ts';
import type { EventDefinition, ModuleDefinition } from './definition.ts';
import { eventRegistrationOf } from './event-registration.ts';

/** The parts of a definition that can be wrong whatever its configuration is. */
type Checked = Pick<ModuleDefinition<unknown>, 'name' | 'version' | 'concurrency' | 'maxPending' | 'timeoutMs'> & {
  commands?: readonly { commandUUID: string; commandDisplayName: string; regex: string; timeoutMs?: number }[];
  broadcasts?: readonly { broadcastUUID: string; broadcastDisplayName: string; messageFilterRegex?: string; timeoutMs?: number }[];
  events?: readonly EventDefinition<never>[];
};

/** Whether it can stand as one token of a subject: NATS would read anything else as structure. */
const isToken = (value: string): boolean => isQueueName(value) && !/[.*>]/.test(value);

function regexProblem(where: string, regex: string): string[] {
  try {
    void new RegExp(regex);
    return [];
  } catch (error) {
    return [`${where}: ${reasonOf(error)}`];
  }
}

const countProblem = (where: string, count: number | undefined): string[] =>
  count === undefined || (Number.isInteger(count) && count > 0) ? [] : [`${where} must be a whole number above 0`];

/** What a timer of Node can wait for: with more, it would go off at once. */
const LONGEST_MS = 2 ** 31 - 1;

const timeoutProblem = (where: string, ms: number | undefined): string[] =>
  ms !== undefined && ms > LONGEST_MS ? [`${where} must be at most ${LONGEST_MS}, which is 24 days`] : countProblem(where, ms);

const twice = (names: readonly string[]): string[] => names.filter((name, index) => names.indexOf(name) !== index);

/** What is wrong with a module's definition: every problem, each naming the field. */
export function definitionProblems(definition: Checked): string[] {
  const { name, version, concurrency, maxPending, timeoutMs, commands = [], broadcasts = [], events = [] } = definition;
  const eventUUIDs = events.map((event) => eventRegistrationOf(name, event).eventUUID);
  const uuids = [...commands.map(({ commandUUID }) => commandUUID), ...broadcasts.map(({ broadcastUUID }) => broadcastUUID), ...eventUUIDs];
  return [
    ...(isQueueName(name) ? [] : ['name must be a word without spaces']),
    ...(version === '' ? ['version is empty'] : []),
    ...countProblem('concurrency', concurrency),
    ...countProblem('maxPending', maxPending),
    ...timeoutProblem('timeoutMs', timeoutMs),
    ...commands.flatMap((command, index) => [
      ...(isToken(command.commandUUID) ? [] : [`commands[${index}].commandUUID must be a UUID of its own: uuidgen makes one`]),
      ...(command.commandDisplayName === '' ? [`commands[${index}].commandDisplayName is empty`] : []),
      ...regexProblem(`commands[${index}].regex`, command.regex),
      ...timeoutProblem(`commands[${index}].timeoutMs`, command.timeoutMs),
    ]),
    ...broadcasts.flatMap((broadcast, index) => [
      ...(isToken(broadcast.broadcastUUID) ? [] : [`broadcasts[${index}].broadcastUUID must be a UUID of its own: uuidgen makes one`]),
      ...(broadcast.broadcastDisplayName === '' ? [`broadcasts[${index}].broadcastDisplayName is empty`] : []),
      ...regexProblem(`broadcasts[${index}].messageFilterRegex`, broadcast.messageFilterRegex ?? ''),
      ...timeoutProblem(`broadcasts[${index}].timeoutMs`, broadcast.timeoutMs),
    ]),
    ...events.flatMap((event, index) => [
      ...(isToken(eventUUIDs[index] ?? '') ? [] : [`events[${index}].eventUUID must be a UUID of its own: uuidgen makes one`]),
      ...(event.eventDisplayName === '' ? [`events[${index}].eventDisplayName is empty`] : []),
      ...regexProblem(`events[${index}].eventType`, event.eventType ?? ''),
      ...timeoutProblem(`events[${index}].timeoutMs`, event.timeoutMs),
    ]),
    ...twice(uuids).map((uuid) => `the UUID ${uuid} is used twice: each command, broadcast and event needs its own`),
  ];
}

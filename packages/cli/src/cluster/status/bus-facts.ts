import { setTimeout as delay } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { SUBJECT } from '@eeveebot/contract';
import type { NatsClient } from '@eeveebot/libeevee';

/** Answers of modules about themselves, by their names on the bus (`spec.moduleName`). */
export interface BusFacts {
  readonly uptimeSeconds: ReadonlyMap<string, number>;
  readonly commands: ReadonlyMap<string, readonly string[]>;
  /** Reasons why modules could not be asked. */
  readonly notAsked: readonly string[];
}

/** Time for the modules to answer. */
const ANSWER_MS = 1_000;

function fieldsOf(json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const commandNames = (help: unknown): string[] =>
  Array.isArray(help) ? help.map((entry: unknown) => Reflect.get(Object(entry), 'command')).filter((name) => typeof name === 'string') : [];

/** Asks all modules on a bus for their uptime and their commands. The newest replica counts. */
export async function askModules(nats: NatsClient): Promise<BusFacts> {
  const uptimeSeconds = new Map<string, number>();
  const commands = new Map<string, readonly string[]>();
  const replyChannel = `eevee-cli.${randomUUID()}`;
  const subscriptions = await Promise.all([
    nats.subscribe(replyChannel, (_subject, msg) => {
      const { module, uptime } = fieldsOf(msg.string());
      if (typeof module !== 'string' || typeof uptime !== 'number') return;
      uptimeSeconds.set(module, Math.min(uptimeSeconds.get(module) ?? Infinity, Math.floor(uptime / 1_000)));
    }),
    nats.subscribe(SUBJECT.helpUpdate, (_subject, msg) => {
      const { from, help } = fieldsOf(msg.string());
      if (typeof from === 'string') commands.set(from, commandNames(help));
    }),
  ]);
  await nats.publish(SUBJECT.statsUptime, JSON.stringify({ replyChannel }));
  await nats.publish(SUBJECT.helpUpdateRequest, '{}');
  await delay(ANSWER_MS);
  for (const subscription of subscriptions) await nats.unsubscribe(subscription);
  return { uptimeSeconds, commands, notAsked: [] };
}

/** The facts of several buses as one. */
export const joinedFacts = (facts: readonly BusFacts[]): BusFacts => ({
  uptimeSeconds: new Map(facts.flatMap((each) => [...each.uptimeSeconds])),
  commands: new Map(facts.flatMap((each) => [...each.commands])),
  notAsked: facts.flatMap((each) => each.notAsked),
});

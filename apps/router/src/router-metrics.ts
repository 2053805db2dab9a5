import { Counter, commandCounter, errorCounter, recordMessage } from '@eeveebot/libeevee';

const module = 'router';

/** Maximum number of distinct values of a label; further ones become `other`. */
const MAX_DISTINCT = 200;

const broadcastCounter = new Counter({
  name: 'broadcasts_total',
  help: 'Messages delivered to broadcasts',
  labelNames: ['module', 'result'],
});
const eventCounter = new Counter({ name: 'events_total', help: 'Events delivered to modules', labelNames: ['module', 'result'] });
const registrationCounter = new Counter({
  name: 'registrations_total',
  help: 'Registrations of modules, by result',
  labelNames: ['module', 'type', 'result'],
});
const rateLimitCounter = new Counter({
  name: 'rate_limits_total',
  help: 'Calls over a rate limit',
  labelNames: ['module', 'command_uuid', 'action', 'mode'],
});

/** Keeps the number of distinct values of a label bounded. */
export class BoundedLabel {
  readonly #known = new Set<string>();

  of(value: string): string {
    if (this.#known.has(value)) return value;
    if (this.#known.size >= MAX_DISTINCT) return 'other';
    this.#known.add(value);
    return value;
  }
}

const platforms = new BoundedLabel();
const commands = new BoundedLabel();

/** Increments of a counter by platform. Its children are kept, since it counts each call. */
class PlatformCount {
  readonly #children = new Map<string, Counter.Internal>();
  readonly #childOf: (platform: string) => Counter.Internal;

  constructor(childOf: (platform: string) => Counter.Internal) {
    this.#childOf = childOf;
  }

  inc(platform: string): void {
    const label = platforms.of(platform);
    const child = this.#children.get(label) ?? this.#childOf(label);
    this.#children.set(label, child);
    child.inc();
  }
}

const commandsBy = (result: CommandResult): PlatformCount =>
  new PlatformCount((platform) => commandCounter.labels({ module, platform, result }));

type MessageResult = 'routed' | 'unmatched' | 'blocked' | 'invalid';
/** `overdue`: executed, though its module did not register again. */
type CommandResult = 'executed' | 'overdue' | 'not_sent';

const commandCounts: Readonly<Record<CommandResult, PlatformCount>> = {
  executed: commandsBy('executed'),
  overdue: commandsBy('overdue'),
  not_sent: commandsBy('not_sent'),
};

export const count = {
  message: (platform: string, result: MessageResult): void => recordMessage(module, platform, 'incoming', result),
  command: (platform: string, result: CommandResult): void => commandCounts[result].inc(platform),
  broadcast: (result: 'delivered' | 'not_sent'): void => broadcastCounter.inc({ module, result }),
  event: (result: 'delivered' | 'not_sent'): void => eventCounter.inc({ module, result }),
  registration: (type: 'command' | 'broadcast' | 'event', result: string): void => registrationCounter.inc({ module, type, result }),
  rateLimit: (commandUUID: string, action: string, mode: string): void =>
    rateLimitCounter.inc({ module, command_uuid: commands.of(commandUUID), action, mode }),
  /** Messages that no module handled. */
  lost: (reason: string, messages: number): void => errorCounter.inc({ module, type: 'not_taken', operation: reason }, messages),
  error: (type: string, times = 1): void => errorCounter.inc({ module, type, operation: 'route' }, times),
};

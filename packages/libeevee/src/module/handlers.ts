import type { BroadcastDefinition, CommandDefinition, EventDefinition, ModuleDefinition } from './definition.ts';
import { chatEvent, type DeliveredEvent } from './chat-event.ts';
import type { ModuleContext } from './contexts.ts';
import { EventScope } from './event-scope.ts';
import type { HandlerScope, Occasion } from './handler-scope.ts';
import type { ScheduleDefinition } from './schedule-definition.ts';
import { type ScheduledRun, ScheduleScope } from './schedule-scope.ts';
import { MessageScope } from './message-scope.ts';
import { type Delivery, delivery } from './said-message.ts';

/** Handler of the messages of one subject. */
export interface Handler<Config, Delivered extends Occasion = Occasion, Scope extends HandlerScope<Config> = HandlerScope<Config>> {
  readonly kind: 'command' | 'broadcast' | 'event' | 'schedule';
  /** Display name. */
  readonly name: string;
  readonly timeoutMs: number;
  /** Parses a payload; `undefined` when it is invalid. */
  read(payload: unknown): Delivered | undefined;
  scope(delivered: Delivered, module: ModuleContext<Config>): Scope;
  run(scope: Scope): unknown;
  onError?: ((scope: Scope, error: unknown) => unknown) | undefined;
  onTimeout?: ((scope: Scope) => unknown) | undefined;
}

/** A handler of messages. */
export type MessageHandler<Config> = Handler<Config, Delivery, MessageScope<Config>>;

/** A handler of events. */
export type EventHandler<Config> = Handler<Config, DeliveredEvent, EventScope<Config>>;

/** Settings of a module for handlers that have none of their own. */
export interface HandlerDefaults<Config> {
  readonly module: Pick<ModuleDefinition<Config>, 'onError' | 'onTimeout'>;
  readonly timeoutMs: number;
}

/** Parts of a definition that commands, broadcasts and events share. */
interface HandlerDefinition<Scope> {
  timeoutMs?: number;
  run(scope: Scope): unknown;
  onError?(scope: Scope, error: unknown): unknown;
  onTimeout?(scope: Scope): unknown;
}

function handling<Config, Scope extends HandlerScope<Config>>(own: HandlerDefinition<Scope>, defaults: HandlerDefaults<Config>) {
  const failing = own.onError === undefined ? defaults.module : own;
  const late = own.onTimeout === undefined ? defaults.module : own;
  return {
    timeoutMs: own.timeoutMs ?? defaults.timeoutMs,
    run: (scope: Scope): unknown => own.run(scope),
    onError: failing.onError && ((scope: Scope, error: unknown): unknown => failing.onError?.(scope, error)),
    onTimeout: late.onTimeout && ((scope: Scope): unknown => late.onTimeout?.(scope)),
  };
}
const messageScope = <Config>(delivered: Delivery, module: ModuleContext<Config>): MessageScope<Config> =>
  new MessageScope(delivered, module);

/** The handler of a command. */
export const commandHandler = <Config>(command: CommandDefinition<Config>, defaults: HandlerDefaults<Config>): MessageHandler<Config> => ({
  ...handling<Config, MessageScope<Config>>(command, defaults),
  kind: 'command',
  name: command.commandDisplayName,
  read: delivery,
  scope: messageScope,
});

/** The handler of a broadcast. */
export const broadcastHandler = <Config>(
  broadcast: BroadcastDefinition<Config>,
  defaults: HandlerDefaults<Config>,
): MessageHandler<Config> => ({
  ...handling<Config, MessageScope<Config>>(broadcast, defaults),
  kind: 'broadcast',
  name: broadcast.broadcastDisplayName,
  read: delivery,
  scope: messageScope,
});

/** The handler of an event. @param defaults.name its display name. */
export const eventHandler = <Config>(
  event: EventDefinition<Config>,
  defaults: HandlerDefaults<Config> & { readonly name: string },
): EventHandler<Config> => ({
  ...handling<Config, EventScope<Config>>(event, defaults),
  kind: 'event',
  name: defaults.name,
  read: (payload) => chatEvent(payload, new Date()),
  scope: (delivered, module) => new EventScope(delivered, module),
});

/** The handler of a schedule. */
export const scheduleHandler = <Config>(
  definition: ScheduleDefinition<never, Config>,
  defaults: HandlerDefaults<Config>,
): Omit<Handler<Config, ScheduledRun, ScheduleScope<Config>>, 'read'> => ({
  ...handling<Config, ScheduleScope<Config>>(
    { ...definition, run: (scope) => definition.run(scope, scope.payload as never) } satisfies HandlerDefinition<ScheduleScope<Config>>,
    defaults,
  ),
  kind: 'schedule',
  name: definition.name,
  scope: (delivered, module) => new ScheduleScope(delivered, module),
});

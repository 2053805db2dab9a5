import type { BroadcastDefinition, CommandDefinition, EventDefinition, ModuleDefinition } from './definition.ts';
import { type CallHandler, withArguments } from './arguments/with-arguments.ts';
import { commandName } from './command-aliases.ts';
import { chatEvent, type DeliveredEvent } from './chat-event.ts';
import type { CommandContext, ModuleContext } from './contexts.ts';
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
  onError?(scope: Scope, error: unknown): unknown;
  onTimeout?(scope: Scope): unknown;
}

function handling<Config, Scope extends HandlerScope<Config>>(own: HandlerDefinition<Scope>, defaults: HandlerDefaults<Config>) {
  const failing = own.onError === undefined ? defaults.module : own;
  const late = own.onTimeout === undefined ? defaults.module : own;
  return {
    timeoutMs: own.timeoutMs ?? defaults.timeoutMs,
    onError: failing.onError && ((scope: Scope, error: unknown): unknown => failing.onError?.(scope, error)),
    onTimeout: late.onTimeout && ((scope: Scope): unknown => late.onTimeout?.(scope)),
  };
}
const messageScope = <Config>(delivered: Delivery, module: ModuleContext<Config>): MessageScope<Config> =>
  new MessageScope(delivered, module);

/** Handling of one call: reads the arguments, if the command declares any, and runs. */
function callHandler<Config>(command: CommandDefinition<Config>): CallHandler<Config> {
  const { args, help } = command;
  // The arguments have the type that the command declares.
  const run: CallHandler<Config> = (scope) => command.run(scope as CommandContext<Config, unknown, undefined>);
  return args === undefined ? run : withArguments({ name: commandName(command), args, params: help?.params }, run);
}

/** The handler of a command. */
export const commandHandler = <Config>(command: CommandDefinition<Config>, defaults: HandlerDefaults<Config>): MessageHandler<Config> => ({
  ...handling<Config, MessageScope<Config>>(command, defaults),
  run: callHandler(command),
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
  run: (scope) => broadcast.run(scope),
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
  run: (scope) => event.run(scope),
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
  ...handling<Config, ScheduleScope<Config>>(definition, defaults),
  run: (scope) => definition.run(scope, scope.payload as never),
  kind: 'schedule',
  name: definition.name,
  scope: (delivered, module) => new ScheduleScope(delivered, module),
});

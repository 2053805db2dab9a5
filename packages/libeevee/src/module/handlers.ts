import type { BroadcastDefinition, EventDefinition, ModuleDefinition } from './definition.ts';
import { chatEvent, type DeliveredEvent } from './chat-event.ts';
import type { HandlerInfo, ModuleContext } from './contexts.ts';
import { EventScope } from './event-scope.ts';
import type { HandlerScope, Occasion } from './handler-scope.ts';
import type { ScheduleDefinition } from './schedule-definition.ts';
import { type ScheduledRun, ScheduleScope } from './schedule-scope.ts';
import { MessageScope } from './message-scope.ts';
import { withMiddleware } from './middleware.ts';
import { type Delivery, delivery } from './said-message.ts';

/** Handler of the messages of one subject. */
export interface Handler<
  Config,
  Delivered extends Occasion = Occasion,
  Scope extends HandlerScope<Config> = HandlerScope<Config>,
> extends HandlerInfo {
  readonly timeoutMs: number;
  /** Parses a payload; `undefined` when it is invalid. */
  read(payload: unknown): Delivered | undefined;
  /** A more specific handler, such as that of a subcommand, and what it handles. */
  choose?: (delivered: Delivered) => { readonly handler: Handler<Config, Delivered, Scope>; readonly delivered: Delivered } | undefined;
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
  readonly module: Pick<ModuleDefinition<Config>, 'onError' | 'onTimeout' | 'use'>;
  readonly timeoutMs: number;
}

/** Parts of a definition that commands, broadcasts and events share. */
interface HandlerDefinition<Scope> {
  timeoutMs?: number;
  onError?(scope: Scope, error: unknown): unknown;
  onTimeout?(scope: Scope): unknown;
}

/** The parts of a handler that the module may have defaults for. */
export function handling<Config, Scope extends HandlerScope<Config>>(own: HandlerDefinition<Scope>, defaults: HandlerDefaults<Config>) {
  const failing = own.onError === undefined ? defaults.module : own;
  const late = own.onTimeout === undefined ? defaults.module : own;
  return {
    timeoutMs: own.timeoutMs ?? defaults.timeoutMs,
    onError: failing.onError && ((scope: Scope, error: unknown): unknown => failing.onError?.(scope, error)),
    onTimeout: late.onTimeout && ((scope: Scope): unknown => late.onTimeout?.(scope)),
  };
}
/** The handler of a broadcast. */
export function broadcastHandler<Config>(
  broadcast: BroadcastDefinition<Config>,
  defaults: HandlerDefaults<Config>,
): MessageHandler<Config> {
  const info = { kind: 'broadcast', name: broadcast.broadcastDisplayName } as const;
  const run = withMiddleware<MessageScope<Config>>(broadcast.use, (scope) => broadcast.run(scope));
  return {
    ...handling<Config, MessageScope<Config>>(broadcast, defaults),
    ...info,
    run: withMiddleware<MessageScope<Config>>(defaults.module.use, run),
    read: delivery,
    scope: (delivered, module) => new MessageScope(delivered, module, info),
  };
}

/** The handler of an event. @param defaults.name its display name. */
export function eventHandler<Config>(
  event: EventDefinition<Config>,
  defaults: HandlerDefaults<Config> & { readonly name: string },
): EventHandler<Config> {
  const info = { kind: 'event', name: defaults.name } as const;
  const run = withMiddleware<EventScope<Config>>(event.use, (scope) => event.run(scope));
  return {
    ...handling<Config, EventScope<Config>>(event, defaults),
    ...info,
    run: withMiddleware<EventScope<Config>>(defaults.module.use, run),
    read: (payload) => chatEvent(payload, new Date()),
    scope: (delivered, module) => new EventScope(delivered, module, info),
  };
}

/** The handler of a schedule. */
export function scheduleHandler<Config>(
  definition: ScheduleDefinition<never, Config>,
  defaults: HandlerDefaults<Config>,
): Omit<Handler<Config, ScheduledRun, ScheduleScope<Config>>, 'read'> {
  const info = { kind: 'schedule', name: definition.name } as const;
  return {
    ...handling<Config, ScheduleScope<Config>>(definition, defaults),
    ...info,
    run: withMiddleware<ScheduleScope<Config>>(defaults.module.use, (scope) => definition.run(scope, scope.payload as never)),
    scope: (delivered, module) => new ScheduleScope(delivered, module, info),
  };
}

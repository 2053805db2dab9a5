import type { DeliveredEvent } from './chat-event.ts';
import type { EventContext, HandlerInfo, ModuleContext } from './contexts.ts';
import { HandlerScope } from './handler-scope.ts';

/** Context of the handler of an event. */
export class EventScope<Config> extends HandlerScope<Config> implements EventContext<Config> {
  readonly eventType: string;
  readonly channel: string | null;
  readonly user: string;
  readonly userHost: string | undefined;
  readonly reason: string | undefined;
  readonly kickedBy: string | undefined;
  readonly newNick: string | undefined;
  readonly topic: string | undefined;
  readonly timestamp: string;

  constructor(event: DeliveredEvent, module: ModuleContext<Config>, handler: HandlerInfo) {
    super(event, module, handler);
    this.eventType = event.eventType;
    this.channel = event.channel;
    this.user = event.user;
    this.userHost = event.userHost;
    this.reason = event.reason;
    this.kickedBy = event.kickedBy;
    this.newNick = event.newNick;
    this.topic = event.topic;
    this.timestamp = event.timestamp;
  }
}

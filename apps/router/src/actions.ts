import { broadcastMessageSubject, commandExecuteSubject, eventMessageSubject, outgoingNoticeSubject } from '@eeveebot/contract';
import type { Log, NatsClient } from '@eeveebot/libeevee';
import type { Decision } from '@eeveebot/libeevee/routing';
import { count } from './router-metrics.ts';

/** The message or event that a decision concerns. */
export interface Occasion {
  readonly platform: string;
  /** The payload of an event, handed on as it came. */
  readonly payload?: Uint8Array;
}

type DecisionOf<Kind extends Decision['kind']> = Extract<Decision, { kind: Kind }>;

/** Does what was decided: publishes, counts, logs. Texts of people are logged nowhere. */
export class Actions {
  readonly #nats: NatsClient;
  readonly #log: Log;

  constructor(nats: NatsClient, log: Log) {
    this.#nats = nats;
    this.#log = log;
  }

  do(decision: Decision, occasion: Occasion): void {
    switch (decision.kind) {
      case 'execute':
        return this.#execute(decision);
      case 'deliver':
        return this.#send(broadcastMessageSubject(decision.broadcast.broadcastUUID), JSON.stringify(decision.message), count.broadcast);
      case 'event':
        return this.#send(eventMessageSubject(decision.registration.eventUUID), occasion.payload ?? '', count.event);
      case 'notice':
        return void this.#nats.publish(outgoingNoticeSubject(decision), JSON.stringify(decision.notice));
      case 'limited':
        return this.#limited(decision);
      case 'blocked':
        count.message(occasion.platform, 'blocked');
        this.#log.debug('a message is blocked', { entry: decision.entry });
        return;
      case 'unmatched':
        return count.message(occasion.platform, 'unmatched');
      case 'invalid':
        count.message(occasion.platform, 'invalid');
        this.#log.warn('a message or an event cannot be routed', { reason: decision.problem });
        return;
      case 'set-aside':
        count.error('regex_timeout');
        this.#log.error(`${decision.what} is not matched any more: a text took one of its regular expressions too long`, {
          name: decision.name,
          id: decision.id,
        });
        return;
      case 'not-tried':
        count.error('regex_not_tried', decision.expressions);
        this.#log.error('regular expressions with look-arounds could not be tried on a message', { expressions: decision.expressions });
        return;
    }
  }

  #execute({ command, execution, isOverdue }: DecisionOf<'execute'>): void {
    const { platform, channel, trace } = execution;
    const fields = { command: command.commandDisplayName, id: command.commandUUID, platform, channel, trace };
    if (isOverdue) this.#log.warn('a command is called whose module did not register it again: it may be gone', fields);
    else this.#log.debug('command executed', fields);
    this.#send(commandExecuteSubject(command.commandUUID), JSON.stringify(execution), (result) =>
      count.command(platform, result === 'not_sent' ? result : isOverdue ? 'overdue' : 'executed'),
    );
  }

  #limited({ command, action }: DecisionOf<'limited'>): void {
    count.rateLimit(command.commandUUID, action, command.ratelimit.mode);
    const fields = { command: command.commandDisplayName, id: command.commandUUID };
    if (action === 'refused' || action === 'gone') this.#log.warn(`a call over a limit is ${action}`, fields);
    else this.#log.debug(`a call over a limit is ${action}`, fields);
  }

  /**
   * Publishes without the client's confirmation of each message, which costs as much as the message: a broken connection loses what was on
   * its way either way.
   */
  #send(subject: string, payload: string | Uint8Array, counted: (result: 'delivered' | 'not_sent') => void): void {
    const connection = this.#nats.isClosed() ? undefined : this.#nats.nats;
    try {
      if (connection === undefined) throw new Error('not connected');
      connection.publish(subject, payload);
      counted('delivered');
    } catch (error) {
      counted('not_sent');
      this.#log.error('a message could not be sent', { subject, error });
    }
  }
}

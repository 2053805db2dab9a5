import { broadcastMessageSubject, commandExecuteSubject, eventMessageSubject, outgoingNoticeSubject } from '@eeveebot/contract';
import type { Log } from '@eeveebot/libeevee';
import type { Outbox, Outgoing } from '@eeveebot/libeevee/delivery';
import type { Decision } from '@eeveebot/libeevee/routing';
import { count } from './router-metrics.ts';

/** An event that is forwarded unchanged. */
interface OccurredEvent {
  readonly payload: Uint8Array;
  /** Events with the same value reach a module in order. */
  readonly order: string;
}

/** The message or event that a decision concerns. */
export interface Occasion {
  readonly platform: string;
  readonly event?: OccurredEvent;
}

type DecisionOf<Kind extends Decision['kind']> = Extract<Decision, { kind: Kind }>;

/** Carries out decisions: publishes, counts and logs. Never logs texts of users. */
export class Actions {
  readonly #outbox: Outbox;
  readonly #log: Log;

  constructor(outbox: Outbox, log: Log) {
    this.#outbox = outbox;
    this.#log = log;
  }

  do(decision: Decision, occasion: Occasion): void {
    switch (decision.kind) {
      case 'execute':
        return this.#execute(decision);
      case 'deliver':
        return this.#deliver(decision);
      case 'event':
        return this.#hand(decision, occasion.event);
      case 'notice':
        return this.#notice(decision);
      case 'limited':
        return this.#limited(decision);
      case 'blocked':
        count.message(occasion.platform, 'blocked');
        this.#log.debug('blocked a message', { entry: decision.entry });
        return;
      case 'unmatched':
        return count.message(occasion.platform, 'unmatched');
      case 'invalid':
        count.message(occasion.platform, 'invalid');
        this.#log.warn('a message or an event cannot be routed', { reason: decision.problem });
        return;
      case 'set-aside':
        count.error('regex_timeout');
        this.#log.error(`${decision.what} is no longer matched: one of its regular expressions took too long for a text`, {
          name: decision.name,
          id: decision.id,
        });
        return;
      case 'not-tried':
        count.error('regex_not_tried', decision.expressions);
        this.#log.error('regular expressions with look-arounds could not be matched against a message', {
          expressions: decision.expressions,
        });
        return;
    }
  }

  #execute({ command, execution, isOverdue }: DecisionOf<'execute'>): void {
    const { platform, channel, trace } = execution;
    const fields = { command: command.commandDisplayName, id: command.commandUUID, platform, channel, trace };
    if (isOverdue) this.#log.warn('called a command that its module did not register again: the module may be gone', fields);
    else this.#log.debug('command executed', fields);
    const call = { subject: commandExecuteSubject(command.commandUUID), order: channel, payload: JSON.stringify(execution) };
    const result = this.#send(call);
    count.command(platform, result === 'not_sent' ? result : isOverdue ? 'overdue' : 'executed');
  }

  #deliver({ broadcast, message }: DecisionOf<'deliver'>): void {
    const subject = broadcastMessageSubject(broadcast.broadcastUUID);
    count.broadcast(this.#send({ subject, order: message.channel, payload: JSON.stringify(message) }));
  }

  #hand({ registration }: DecisionOf<'event'>, event: OccurredEvent | undefined): void {
    if (event !== undefined) count.event(this.#send({ subject: eventMessageSubject(registration.eventUUID), ...event }));
  }

  #limited({ command, action }: DecisionOf<'limited'>): void {
    count.rateLimit(command.commandUUID, action, command.ratelimit.mode);
    const fields = { command: command.commandDisplayName, id: command.commandUUID };
    if (action === 'refused' || action === 'gone') this.#log.warn(`a call over a limit is ${action}`, fields);
    else this.#log.debug(`a call over a limit is ${action}`, fields);
  }

  #notice(decision: DecisionOf<'notice'>): void {
    const { platform, instance, notice } = decision;
    const lane = `${platform}.${instance}`;
    this.#outbox.send({ lane, order: notice.target, subject: outgoingNoticeSubject(decision), payload: JSON.stringify(notice) });
  }

  /** Sends to the module that subscribes to the subject, now or when it is back. */
  #send(message: Omit<Outgoing, 'lane'>): 'delivered' | 'not_sent' {
    return this.#outbox.send({ lane: message.subject, ...message }) ? 'delivered' : 'not_sent';
  }
}

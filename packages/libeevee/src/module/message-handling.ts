import type { Msg } from 'nats';
import { ERROR_CODES, EeveeError, isInstanceOf, reasonOf } from '../errors.ts';
import { log } from '../log/log.ts';
import { recordCommandDuration, recordMessage, recordMessageDuration } from '../metrics/module-metrics.ts';
import { type Receipt, inboxOf } from '../delivery/inbox.ts';
import type { Questions } from '../conversation/questions.ts';
import { ChannelLanes } from './channel-lanes.ts';
import type { ModuleContext } from './contexts.ts';
import { type Failure, HandlerRun, type Outcome, isFailure } from './handler-run.ts';
import type { HandlerScope, Occasion } from './handler-scope.ts';
import type { Handler } from './handlers.ts';
import { Roster, type RosterMember } from './roster.ts';

/** A handler that failed. */
export interface HandlerFailure extends Failure {
  readonly kind: 'command' | 'broadcast' | 'event' | 'schedule';
  /** Display name of the command, broadcast or event; name of the schedule. */
  readonly name: string;
}

/** The `type` label under which a failure is counted. */
function errorType({ result, error }: Failure): string {
  if (result !== 'error') return result;
  return isInstanceOf(error, EeveeError) && error.code === ERROR_CODES.chatNotSent ? 'not_sent' : 'handler';
}

/** The parsed message; `undefined`, logged and counted, when its payload is invalid. */
function readMessage<Delivered extends Occasion>(
  msg: Msg,
  { name, metrics }: ModuleContext,
  handler: { readonly kind: string; read(payload: unknown): Delivered | undefined },
): Delivered | undefined {
  const { kind } = handler;
  let payload: unknown;
  try {
    payload = msg.json();
  } catch (error) {
    // The error quotes the payload, which is chat text.
    log.debug(`ignored ${kind} that is not JSON`, { producer: name, error });
  }
  const delivered = handler.read(payload);
  if (delivered === undefined) {
    metrics.recordError(`invalid_${kind}`);
    log.warn(`ignored ${kind} without text or place`, { producer: name, subject: msg.subject });
  }
  return delivered;
}

/** Label of a channel. In private, the channel is a nick: there are unlimited many of them, and they are confidential. */
function channelLabel<Config>({ channel, nick, isPrivate }: HandlerScope<Config>): string {
  return isPrivate || (channel !== null && channel === nick) ? 'private' : (channel ?? '');
}

/** Messages of one lane are handled one after the other. */
const laneOf = ({ platform, instance, network, channel }: Occasion): string => `${platform}\0${instance}\0${network}\0${channel ?? ''}`;

/** Handles incoming messages: in order within a channel, several channels concurrently. */
export class MessageHandling<Config> {
  readonly #module: ModuleContext<Config>;
  readonly #lanes: ChannelLanes;
  readonly #running = new Roster<RosterMember & { readonly isParked: boolean; stop(): void }>();
  readonly #maxPending: number;
  #stopped = false;
  #questions: Questions | undefined;
  #overloaded = false;
  readonly #failed: ((failure: HandlerFailure) => void) | undefined;

  /**
   * @param limits.concurrency maximum number of channels handled concurrently.
   * @param limits.maxPending maximum number of messages handled or waiting.
   * @param failed called for each handler that failed, after it is logged.
   */
  constructor(
    module: ModuleContext<Config>,
    { concurrency, maxPending }: { concurrency: number; maxPending: number },
    failed?: (failure: HandlerFailure) => void,
  ) {
    this.#module = module;
    this.#failed = failed;
    this.#maxPending = maxPending;
    this.#lanes = new ChannelLanes(concurrency);
  }

  /** Handles the message in its turn. */
  take<Delivered extends Occasion, Scope extends HandlerScope<Config>>(msg: Msg, handler: Handler<Config, Delivered, Scope>): void {
    const receipt = inboxOf(this.#module.nats).take(msg);
    if (receipt === undefined) return;
    const delivered = readMessage(msg, this.#module, handler);
    if (delivered === undefined) {
      receipt.taken();
      return;
    }
    if (handler.kind === 'command') this.#heardCommand(delivered);
    if (this.#isTooMuch()) {
      receipt.taken();
      return;
    }
    this.#lanes.run(laneOf(delivered), (done) => this.#handleReceived(delivered, handler, { done, receipt }));
  }

  /**
   * Handles something that the module itself causes, in the turn of its channel.
   *
   * @param ended called once with the outcome, unless the result is `false`.
   * @returns `false` when too much waits already.
   */
  run<Delivered extends Occasion, Scope extends HandlerScope<Config>>(
    delivered: Delivered,
    handler: Omit<Handler<Config, Delivered, Scope>, 'read'>,
    ended: (outcome: Outcome) => void,
  ): boolean {
    if (this.#isTooMuch()) return false;
    const lane = delivered.platform === '' ? `${handler.kind} ${handler.name}` : laneOf(delivered);
    this.#lanes.run(lane, (done) => this.#handle(delivered, handler, done, ended));
    return true;
  }

  /** Runs a task in the turn of a channel. The task calls back once when it is done, and never throws. */
  inTurn(place: Occasion, task: (done: () => void) => void): void {
    this.#lanes.run(laneOf(place), task);
  }

  /** Questions of the handlers; without it they cannot ask. */
  useQuestions(questions: Questions): void {
    this.#questions = questions;
  }

  #heardCommand(delivered: Occasion & { readonly originalText?: string }): void {
    if (this.#questions?.hasOpen !== true) return;
    const { channel, originalText } = delivered;
    if (channel !== null && originalText !== undefined) this.#questions.heardCommand({ ...delivered, channel }, originalText);
  }

  /** Settles when no message is handled or waiting. */
  idle(): Promise<void> {
    return this.#lanes.idle();
  }

  /** Stops waiting for running handlers, and drops waiting messages; their number is logged and counted. */
  stop(): void {
    this.#stopped = true;
    const inLanes = [...this.#running].filter(({ isParked }) => !isParked).length;
    const waiting = this.#lanes.size - inLanes;
    const { name, metrics } = this.#module;
    if (waiting > 0) {
      log.error('messages were not handled because the module stopped first', { producer: name, messages: waiting });
      metrics.recordError('stopped', waiting);
    }
    for (const run of this.#running) run.stop();
  }

  /** Logged once per overload, and counted for each message. */
  #isTooMuch(): boolean {
    const pending = this.#lanes.size;
    if (pending <= this.#maxPending / 2) this.#overloaded = false;
    if (pending < this.#maxPending) return false;
    const { name, metrics } = this.#module;
    metrics.recordError('overload');
    if (!this.#overloaded) log.error('messages were not handled because too many were waiting', { producer: name, pending });
    this.#overloaded = true;
    return true;
  }

  /**
   * Confirms the message when its handler begins: if the process is killed before that, the router sends it to another one; after that, what
   * the handler does must not be done twice.
   */
  #handleReceived<Delivered extends Occasion, Scope extends HandlerScope<Config>>(
    delivered: Delivered,
    handler: Handler<Config, Delivered, Scope>,
    { done, receipt }: { done: () => void; receipt: Receipt },
  ): void {
    if (this.#stopped) receipt.released();
    else receipt.taken();
    this.#handle(delivered, handler, done);
  }

  #handle<Delivered extends Occasion, Scope extends HandlerScope<Config>>(
    given: Delivered,
    general: Omit<Handler<Config, Delivered, Scope>, 'read'>,
    done: () => void,
    ended?: (outcome: Outcome) => void,
  ): void {
    if (this.#stopped) {
      ended?.({ result: 'stopped', error: new EeveeError(ERROR_CODES.moduleStopped, 'the module stopped before the message was handled') });
      done();
      return;
    }
    const chosen = general.choose?.(given);
    const handler = chosen?.handler ?? general;
    const delivered = chosen?.delivered ?? given;
    const scope = handler.scope(delivered, this.#module);
    const startedMs = performance.now();
    const run = new HandlerRun(scope, handler, {
      release: done,
      whenEnded: (outcome) => {
        this.#running.remove(run);
        try {
          this.#record({ scope, handler, outcome, seconds: (performance.now() - startedMs) / 1000 });
        } catch (error) {
          // A thrown value may itself throw when it is read.
          log.error(`cannot report the outcome of a ${handler.kind}`, { producer: this.#module.name, reason: reasonOf(error) });
        }
        ended?.(outcome);
      },
    });
    if (this.#questions !== undefined) scope.asking = { turn: run, questions: this.#questions };
    this.#running.add(run);
    run.start();
  }

  #record(handled: {
    scope: HandlerScope<Config>;
    handler: Pick<Handler<Config>, 'kind' | 'name'>;
    outcome: Outcome;
    seconds: number;
  }): void {
    const { scope, handler, outcome, seconds } = handled;
    const { name: module, metrics } = this.#module;
    const { platform, network, channel } = scope;
    if (handler.kind === 'command') {
      metrics.recordCommand(platform, network, channelLabel(scope), outcome.result);
      metrics.recordProcessingTime(seconds);
      recordCommandDuration([module, handler.name, outcome.result], seconds);
    } else {
      recordMessage(module, platform, handler.kind === 'broadcast' ? 'incoming' : handler.kind, outcome.result);
      recordMessageDuration(module, seconds);
    }
    const { trace } = scope;
    const fields = { producer: module, platform, network, channel, trace, [handler.kind]: handler.name, ms: Math.round(seconds * 1000) };
    if (isFailure(outcome)) {
      metrics.recordError(errorType(outcome));
      this.#failed?.({ kind: handler.kind, name: handler.name, ...outcome });
      log.error(`a ${handler.kind} failed`, { ...fields, result: outcome.result, error: outcome.error ?? String(outcome.error) });
    } else if (scope.answers > 0) {
      log.info('answered', outcome.result === 'success' ? fields : { ...fields, result: outcome.result });
    } else {
      log.debug('handled', fields);
    }
  }
}

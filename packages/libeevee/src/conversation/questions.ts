import { randomUUID } from 'node:crypto';
import { broadcastMessageSubject } from '@eeveebot/contract';
import type { Msg } from 'nats';
import { registerBroadcast, unregisterBroadcast } from '../chat/broadcasts.ts';
import type { Clock } from '../clock.ts';
import { durationMs, durationText } from '../duration.ts';
import { ERROR_CODES, EeveeError, UnansweredError, UserError, reasonOf } from '../errors.ts';
import { log } from '../log/log.ts';
import type { ModuleMetrics } from '../metrics/module-metrics.ts';
import type { NatsClient, NatsSubscriptionResult } from '../nats/client.ts';
import { ignorable, pendingOf } from '../promises.ts';
import { escaped } from '../regex/escaped.ts';
import type { AskOptions, AskedPerson, Asking, AskingTurn } from './ask.ts';

const DEFAULT_TIMEOUT_MS = 60_000;

const MAX_TIMEOUT_MS = 86_400_000;

/** Maximum number of open questions: each has three subscriptions, and a registration with the router. */
const MAX_OPEN = 100;

/** For {@link Questions}. */
export interface QuestionsDeps {
  readonly nats: NatsClient;
  readonly metrics: ModuleMetrics;
  /** Name of the module. */
  readonly module: string;
  readonly clock: Clock;
  /** Runs a task in the turn of the person's channel; the task calls back once when it is done. */
  readonly inTurn: (person: AskedPerson, task: (done: () => void) => void) => void;
}

/** A question that waits for its answer. */
interface OpenQuestion extends Asking {
  readonly answer: PromiseWithResolvers<string>;
  /** A message of the person that called a command, so that it is not the answer. */
  commandText?: string;
}

/** IRC compares nicks and channels without case. */
const personId = ({ platform, instance, channel, nick }: Omit<AskedPerson, 'account'>): string =>
  [platform, instance, channel.toLowerCase(), nick.toLowerCase()].join('\0');

const exactly = (text: string): string => `^${escaped(text)}$`;

/** @throws EeveeError `EEVEE_ASK_REFUSED` */
function timeoutMsOf({ timeout = DEFAULT_TIMEOUT_MS }: AskOptions): number {
  const ms = typeof timeout === 'string' ? durationMs(timeout) : timeout;
  if (ms !== undefined && ms > 0 && ms <= MAX_TIMEOUT_MS) return ms;
  throw new EeveeError(
    ERROR_CODES.askRefused,
    `the timeout of a question is ${JSON.stringify(timeout)}: use a duration such as "90s", or milliseconds, up to a day`,
  );
}

/** A message as sent, and as an answer: without the nick of the bot in front, since users address whoever asked them. */
interface Said {
  readonly text: string;
  readonly answer: string;
  readonly account: string | undefined;
  /** Whether it calls a command of any module, as far as the router tells. */
  readonly isCall: boolean;
}

function saidIn(msg: Msg): Said | undefined {
  let payload: unknown;
  try {
    payload = msg.json();
  } catch {
    // Any client may publish on the subject.
    return undefined;
  }
  const { text, botNick, account, call } = Object(payload) as Readonly<Record<string, unknown>>;
  if (typeof text !== 'string') return undefined;
  const isAddressed = typeof botNick === 'string' && botNick !== '';
  const unaddressed = isAddressed ? text.replace(new RegExp(String.raw`^\s*${escaped(botNick)}\s*[:,;]`, 'i'), '') : text;
  const isLoggedIn = typeof account === 'string' && account !== '';
  return { text, answer: unaddressed.trim(), account: isLoggedIn ? account : undefined, isCall: call === true };
}

/** The result of `validate`. @throws EeveeError `EEVEE_ASK_REFUSED` when it is not a text, such as a promise. */
function problemOf(answer: string, { validate }: AskOptions): string | undefined {
  const problem: unknown = validate?.(answer);
  if (problem === undefined || typeof problem === 'string') return problem;
  const pending = pendingOf(problem);
  if (pending !== undefined) void ignorable(pending);
  const returned = pending === undefined ? `a value of type ${typeof problem}` : 'a promise';
  throw new EeveeError(
    ERROR_CODES.askRefused,
    `validate returned ${returned}: it must be synchronous and return an error message, or undefined if the answer is valid`,
  );
}

/**
 * The open questions of the handlers of a module. While one waits, the router delivers the messages of that person in that channel to this
 * process; the first that calls no command is the answer.
 */
export class Questions {
  readonly #deps: QuestionsDeps;
  readonly #open = new Map<string, OpenQuestion>();
  /** Turns of handlers that know about the stop of the module. */
  readonly #informed = new WeakSet<AskingTurn>();
  #isStopped = false;

  constructor(deps: QuestionsDeps) {
    this.#deps = deps;
  }

  /**
   * Asks, and waits for the answer. The handler gives its turn to other messages during that time, and has it again afterwards.
   *
   * @throws UnansweredError when the time limit is reached; UserError when the person has another open question here; EeveeError
   * `EEVEE_MODULE_STOPPED`.
   */
  async ask(asking: Asking): Promise<string> {
    const timeoutMs = timeoutMsOf(asking.options);
    if (this.#isStopped) return await this.#refuse(asking.turn);
    const id = personId(asking.person);
    const other = this.#open.get(id);
    if (other !== undefined) throw new UserError(`please answer my question first: ${other.text}`);
    if (this.#open.size >= MAX_OPEN) throw new UserError('too many questions wait for an answer: please try again later');
    const question: OpenQuestion = { ...asking, answer: Promise.withResolvers<string>() };
    this.#open.set(id, question);
    let stopListening: (() => void) | undefined;
    let cancelTimeout: (() => void) | undefined;
    try {
      // First, so that no answer is missed.
      stopListening = await this.#listen(question);
      await question.say(question.text);
      const { clock } = this.#deps;
      const unanswered = new UnansweredError(`there was no answer within ${durationText(timeoutMs)}`);
      cancelTimeout = clock.after(timeoutMs, () => this.#end(question, () => question.answer.reject(unanswered)));
      question.turn.park();
      // The module stopped while it asked.
      if (this.#isStopped) this.#endStopped(question);
      return await question.answer.promise;
    } finally {
      if (this.#isOpen(question)) this.#open.delete(id);
      cancelTimeout?.();
      stopListening?.();
    }
  }

  /** Whether a question waits for its answer. */
  get hasOpen(): boolean {
    return this.#open.size > 0;
  }

  /** A message called a command: it is not the answer to a question. */
  heardCommand(person: Omit<AskedPerson, 'account'>, originalText: string): void {
    const question = this.#open.get(personId(person));
    if (question !== undefined) question.commandText = originalText;
  }

  /** Rejects all open questions, and those that are asked later. */
  stop(): void {
    this.#isStopped = true;
    for (const question of this.#open.values()) this.#endStopped(question);
  }

  #endStopped(question: OpenQuestion): void {
    this.#informed.add(question.turn);
    this.#end(question, () => question.answer.reject(this.#stoppedError()));
  }

  /**
   * Rejects the first question after a stop. A handler that asks again does so for each rejection, and might send something each time, so it
   * ends: its question stays pending, since a rejection would not let it give way to anything else.
   */
  async #refuse(turn: AskingTurn): Promise<never> {
    if (!this.#informed.has(turn)) {
      this.#informed.add(turn);
      throw this.#stoppedError();
    }
    turn.stop();
    return await new Promise<never>(() => {});
  }

  #stoppedError(): EeveeError {
    return new EeveeError(ERROR_CODES.moduleStopped, 'the module stopped before the question was answered');
  }

  #isOpen(question: OpenQuestion): boolean {
    return this.#open.get(personId(question.person)) === question;
  }

  /** Gives the handler its turn, in which it receives the answer or the error. */
  #end(question: OpenQuestion, settle: () => void): void {
    this.#deps.inTurn(question.person, (done) => {
      if (this.#isOpen(question)) this.#resume(question, settle, done);
      else done();
    });
  }

  #resume(question: OpenQuestion, settle: () => void, done: () => void): void {
    this.#open.delete(personId(question.person));
    question.turn.resume(done);
    settle();
  }

  #heard(question: OpenQuestion, msg: Msg): void {
    const said = saidIn(msg);
    if (said === undefined || said.answer === '') return;
    if (said.text === question.commandText) {
      delete question.commandText;
      return;
    }
    if (said.isCall) return;
    // A user who was logged in has an account, so a message without it is that of another who took the nick.
    const { account } = question.person;
    if (account !== undefined && account !== said.account) return;
    this.#deps.inTurn(question.person, (done) => {
      if (!this.#isOpen(question)) done();
      else if (question.turn.isOver) this.#resume(question, () => question.answer.reject(this.#stoppedError()), done);
      else this.#check(question, said.answer, done);
    });
  }

  #check(question: OpenQuestion, text: string, done: () => void): void {
    const { answer, options, say } = question;
    try {
      const problem = problemOf(text, options);
      if (problem === undefined) this.#resume(question, () => answer.resolve(text), done);
      else
        void say(problem)
          .catch((error: unknown) => log.warn('could not reply to an invalid answer', { error }))
          .finally(done);
    } catch (error) {
      this.#resume(question, () => answer.reject(error), done);
    }
  }

  /** Requests the messages of the person. @returns a function that ends it. */
  async #listen(question: OpenQuestion): Promise<() => void> {
    const { nats, metrics, module } = this.#deps;
    const { platform, instance, channel, nick } = question.person;
    const broadcastUUID = randomUUID();
    const subject = broadcastMessageSubject(broadcastUUID);
    // Without a queue group: only this process waits for the answer.
    const subscription = await nats.subscribe(subject, (_subject, msg) => this.#heard(question, msg));
    if (subscription === false)
      throw new EeveeError(
        ERROR_CODES.notSubscribed,
        `NATS does not allow ${module} to subscribe to the answer to a question: the log contains the reason`,
      );
    const subscriptions = await registerBroadcast(
      nats,
      {
        broadcastUUID,
        broadcastDisplayName: `${module} question`,
        platform: exactly(platform),
        instance: exactly(instance),
        channel: exactly(channel),
        nick: exactly(nick),
      },
      metrics,
    );
    await Promise.all(subscriptions);
    return () => void this.#stopListening(broadcastUUID, subscription);
  }

  async #stopListening(broadcastUUID: string, subscription: NatsSubscriptionResult): Promise<void> {
    const { nats, metrics } = this.#deps;
    try {
      await unregisterBroadcast(nats, { broadcastUUID }, metrics);
      await nats.unsubscribe(subscription);
    } catch (error) {
      log.debug('could not unregister a question', { reason: reasonOf(error) });
    }
  }
}

import { randomUUID } from 'node:crypto';
import { type ChatMessageType, publishChat } from '../chat/answers.ts';
import { publishNotice } from '../chat/notices.ts';
import { ERROR_CODES, EeveeError, type UserError } from '../errors.ts';
import type { AskingTurn } from '../conversation/ask.ts';
import type { Questions } from '../conversation/questions.ts';
import type { ErrorLog } from '../log/log.ts';
import { ignorableResult } from '../promises.ts';
import { boundLog } from './bound-log.ts';
import type { HandlerContext, HandlerInfo, ModuleContext } from './contexts.ts';
import type { Locals } from './locals.ts';

/** Place of a message or event, and the user who caused it. */
export interface Occasion {
  readonly platform: string;
  readonly network: string;
  readonly instance: string;
  /** `null` if it belongs to no channel. */
  readonly channel: string | null;
  readonly nick: string;
  readonly trace?: string | undefined;
}

/**
 * Context that all handlers share. Its members work when destructured: `run: ({ text, reply }) => reply(text)`.
 */
export abstract class HandlerScope<Config> implements HandlerContext<Config> {
  readonly platform: string;
  readonly network: string;
  readonly instance: string;
  abstract readonly channel: string | null;
  readonly nick: string;
  readonly trace: string;
  readonly config: Config;
  readonly module: ModuleContext<Config>;
  readonly handler: HandlerInfo;

  /** The run of the handler, and the questions of the module, if it may ask some. */
  asking: { readonly turn: AskingTurn; readonly questions: Questions } | undefined;

  // Created on first use: most handlers use at most one of them.
  #log: ErrorLog | undefined;
  #locals: Locals | undefined;
  #controller: AbortController | undefined;
  #abortReason: Error | undefined;
  #endReason: Error | undefined;
  #answers = 0;

  constructor(occasion: Occasion, module: ModuleContext<Config>, handler: HandlerInfo) {
    this.platform = occasion.platform;
    this.network = occasion.network;
    this.instance = occasion.instance;
    this.nick = occasion.nick;
    this.trace = occasion.trace ?? randomUUID();
    this.config = module.config;
    this.module = module;
    this.handler = handler;
  }

  get state(): unknown {
    return this.module.state;
  }

  get locals(): Locals {
    this.#locals ??= {};
    return this.#locals;
  }

  get reply(): (text: string) => Promise<void> {
    return (text) => this.#said(() => this.#publish(text, 'message.outgoing'));
  }

  get action(): (text: string) => Promise<void> {
    return (text) => this.#said(() => this.#publish(text, 'action.outgoing'));
  }

  get notice(): (text: string) => Promise<void> {
    return (text) =>
      this.#said(() => {
        const { platform, instance, nick: target } = this;
        if (target === '') throw new EeveeError(ERROR_CODES.chatNotSent, 'notice was not sent: the nick of the user is unknown');
        return publishNotice(this.module.nats, { platform, instance, target, text }, this.module.metrics);
      });
  }

  get log(): ErrorLog {
    const { platform, network, channel, trace } = this;
    this.#log ??= boundLog({ producer: this.module.name, platform, network, channel, trace });
    return this.#log;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    return this.#controller.signal;
  }

  /** Whether the handler has read its signal, and so may react to it. */
  get isFollowed(): boolean {
    return this.#controller !== undefined;
  }

  /** Reason why the handler must end; `undefined` while it may run. */
  get abortReason(): Error | undefined {
    return this.#abortReason;
  }

  /** Number of answers sent. */
  get answers(): number {
    return this.#answers;
  }

  /** Whether only the bot receives it. */
  get isPrivate(): boolean {
    return false;
  }

  /** Aborts the handler's signal. It may still answer until {@link end}. */
  abort(reason: Error): void {
    this.#abortReason ??= reason;
    this.#controller?.abort(reason);
  }

  /** Aborts the handler's signal; later answers are rejected. */
  end(reason: Error): void {
    this.abort(reason);
    this.#endReason ??= reason;
  }

  /** Sends the message of an error to the user. @throws as {@link HandlerContext.reply} */
  explain({ message, asNotice }: UserError): Promise<void> {
    return asNotice || this.channel === null ? this.notice(message) : this.reply(message);
  }

  #publish(text: string, type: ChatMessageType): Promise<void> | undefined {
    const { platform, network, instance, channel, trace } = this;
    if (channel === null) throw new EeveeError(ERROR_CODES.chatNotSent, 'message was not sent: the event does not belong to a channel');
    const { nats, metrics } = this.module;
    return publishChat(nats, { message: { platform, network, instance, channel, text, trace }, metrics, type });
  }

  /** Handlers may ignore the promise: neither a lost connection nor a late answer may end the process. */
  #said(send: () => Promise<void> | undefined): Promise<void> {
    return ignorableResult(() => {
      if (this.#endReason !== undefined) throw this.#endReason;
      const pending = send();
      if (pending !== undefined) return pending.then(() => void this.#answers++);
      this.#answers++;
      return undefined;
    });
  }
}

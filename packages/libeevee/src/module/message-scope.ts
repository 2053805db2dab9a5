import { randomUUID } from 'node:crypto';
import { type ChatMessageType, publishChat } from '../chat/answers.ts';
import type { Log } from '../log/log.ts';
import { boundLog } from './bound-log.ts';
import type { CommandContext, ModuleContext } from './contexts.ts';
import type { Delivery } from './said-message.ts';

/** What one handler is given for one message. Its parts work when taken apart: `run: ({ text, reply }) => reply(text)`. */
export class MessageScope<Config> implements CommandContext<Config> {
  readonly platform: string;
  readonly network: string;
  readonly instance: string;
  readonly channel: string;
  readonly user: string;
  readonly userHost: string;
  readonly text: string;
  readonly timestamp: string;
  readonly trace: string;
  readonly originalText: string;
  readonly matchedCommand: string;
  readonly matchedText: string;
  readonly config: Config;
  readonly module: ModuleContext<Config>;

  // Made when first asked for: most handlers look at one of them or none.
  #log: Log | undefined;
  #controller: AbortController | undefined;
  #endReason: Error | undefined;
  #answers = 0;

  constructor(delivery: Delivery, module: ModuleContext<Config>) {
    this.platform = delivery.platform;
    this.network = delivery.network;
    this.instance = delivery.instance;
    this.channel = delivery.channel;
    this.user = delivery.user;
    this.userHost = delivery.userHost;
    this.text = delivery.text;
    this.timestamp = delivery.timestamp;
    this.trace = delivery.trace ?? randomUUID();
    this.originalText = delivery.originalText;
    this.matchedCommand = delivery.matchedCommand;
    this.matchedText = delivery.matchedText;
    this.config = module.config;
    this.module = module;
  }

  get reply(): (text: string) => Promise<void> {
    return (text) => this.#send(text, 'message.outgoing');
  }

  get action(): (text: string) => Promise<void> {
    return (text) => this.#send(text, 'action.outgoing');
  }

  get log(): Log {
    const { platform, network, channel, trace } = this;
    this.#log ??= boundLog({ producer: this.module.name, platform, network, channel, trace });
    return this.#log;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#endReason !== undefined) this.#controller.abort(this.#endReason);
    return this.#controller.signal;
  }

  /** How many answers were sent. */
  get answers(): number {
    return this.#answers;
  }

  /** Takes the handler's word away: its signal aborts, and what it says from now on is refused. */
  end(reason: Error): void {
    this.#endReason = reason;
    this.#controller?.abort(reason);
  }

  #send(text: string, type: ChatMessageType): Promise<void> {
    if (this.#endReason !== undefined) return Promise.reject(this.#endReason);
    const { platform, network, instance, channel, trace } = this;
    const { nats, metrics } = this.module;
    const sent = publishChat(nats, { message: { platform, network, instance, channel, text, trace }, metrics, type });
    // Handlers may leave it unawaited: that NATS is away must not end the module. It has been logged and counted.
    sent.then(
      () => this.#answers++,
      () => undefined,
    );
    return sent;
  }
}

import type { AskOptions } from '../conversation/ask.ts';
import { ERROR_CODES, EeveeError } from '../errors.ts';
import { ignorable } from '../promises.ts';
import type { CommandContext, HandlerInfo, ModuleContext } from './contexts.ts';
import { HandlerScope } from './handler-scope.ts';
import type { Delivery } from './said-message.ts';

/** Context of the handler of a command or broadcast for one message. */
export class MessageScope<Config> extends HandlerScope<Config> implements CommandContext<Config> {
  readonly channel: string;
  readonly user: string;
  readonly userHost: string;
  readonly account: string | undefined;
  readonly botNick: string;
  readonly private: boolean;
  readonly isAction: boolean;
  readonly text: string;
  readonly timestamp: string;
  readonly originalText: string;
  readonly matchedCommand: string;
  readonly matchedText: string;
  args: unknown;

  constructor(delivery: Delivery, module: ModuleContext<Config>, handler: HandlerInfo) {
    super(delivery, module, handler);
    this.channel = delivery.channel;
    this.user = delivery.user;
    this.userHost = delivery.userHost;
    this.account = delivery.account;
    this.botNick = delivery.botNick;
    this.private = delivery.private;
    this.isAction = delivery.isAction;
    this.text = delivery.text;
    this.timestamp = delivery.timestamp;
    this.originalText = delivery.originalText;
    this.matchedCommand = delivery.matchedCommand;
    this.matchedText = delivery.matchedText;
  }

  get ask(): (question: string, options?: AskOptions) => Promise<string> {
    return (text, options = {}) => ignorable(this.#ask(text, options));
  }

  async #ask(text: string, options: AskOptions): Promise<string> {
    const { asking, nick } = this;
    if (asking === undefined || nick === '')
      throw new EeveeError(ERROR_CODES.askRefused, 'the question was not asked: the nick of the user is unknown');
    const { platform, network, instance, channel, account } = this;
    return asking.questions.ask({
      person: { platform, network, instance, channel, nick, account },
      text,
      options,
      turn: asking.turn,
      say: this.reply,
    });
  }

  override get isPrivate(): boolean {
    return this.private || (this.botNick !== '' && this.channel === this.botNick);
  }
}

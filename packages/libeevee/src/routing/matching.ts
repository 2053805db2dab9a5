import type { CommandRegistration } from '../chat/payloads.ts';
import type { EventFields, Message } from './message.ts';
import type { Pattern } from './pattern.ts';
import type { Registered, ScopeField } from './registry.ts';
import { PENDING, type Trial } from './trial.ts';

/** How a message calls a command. */
export interface CommandMatch {
  /** The match of the command's regex, trailing blanks included. */
  readonly matchedCommand: string;
  /** The whole text after the prefix. */
  readonly matchedText: string;
  /** The text after the match, without leading blanks. */
  readonly text: string;
}

/** Characters that may follow the bot's nick when a message addresses it. */
const AFTER_NICK = /^[\s,:;]/;

/**
 * The rest of a text after the bot's nick, in any case, followed by `:`, `,`, `;`, a blank or nothing.
 *
 * @example
 * afterNick('Eevee: echo hi', 'eevee'); // ' echo hi'
 * afterNick('eevees', 'eevee'); // undefined
 */
export function afterNick(text: string, botNick: string): string | undefined {
  if (botNick === '' || text.slice(0, botNick.length).toLowerCase() !== botNick.toLowerCase()) return undefined;
  const rest = text.slice(botNick.length);
  if (rest === '') return '';
  return AFTER_NICK.test(rest) ? rest.slice(1) : undefined;
}

/** Prefixes that a command accepts, among those that the message has. */
interface Wanted {
  readonly platform: boolean;
  readonly nick: boolean;
}

/** Texts on which the commands are tried for one message, by the prefixes they accept. Each is computed once for all commands. */
export class MessageTexts {
  readonly #message: Message;
  readonly #hasPrefix: boolean;
  readonly #prefix: Pattern | undefined;
  readonly #trial: Trial;
  readonly #bare: string;
  /** Texts by accepted prefixes. */
  readonly #known: (readonly string[] | undefined)[] = [];

  /**
   * @param prefix the message's `commonPrefixRegex`, compiled; it counts only at the start of the text. `invalid` when it cannot be used,
   * `undefined` when the message has none.
   */
  constructor(message: Message, prefix: Pattern | 'invalid' | undefined, trial: Trial) {
    this.#message = message;
    this.#hasPrefix = prefix !== undefined;
    this.#prefix = prefix === 'invalid' ? undefined : prefix;
    this.#trial = trial;
    this.#bare = message.text.trim();
  }

  /** Whether only messages with a prefix call the command. */
  needsPrefix(command: CommandRegistration): boolean {
    const { platform, nick } = this.#wanted(command);
    return platform || nick;
  }

  #wanted({ platformPrefixAllowed, nickPrefixAllowed }: CommandRegistration): Wanted {
    return { platform: platformPrefixAllowed && this.#hasPrefix, nick: nickPrefixAllowed && this.#message.botNick !== '' };
  }

  /** Texts on which the regex of a command is tried, in this order. */
  of(command: CommandRegistration): readonly string[] | typeof PENDING {
    return this.#textsOf(this.#wanted(command));
  }

  /** Every text that a command may be tried on; `undefined` while the end of the prefix awaits the bounded engine. */
  get all(): readonly string[] | undefined {
    const texts = this.#textsOf({ platform: this.#hasPrefix, nick: this.#message.botNick !== '' });
    return texts === PENDING ? undefined : [this.#bare, ...texts];
  }

  #textsOf(wanted: Wanted): readonly string[] | typeof PENDING {
    const key = (wanted.platform ? 1 : 0) + (wanted.nick ? 2 : 0);
    const known = this.#known[key];
    if (known !== undefined) return known;
    const texts = this.#texts(wanted);
    if (texts !== PENDING) this.#known[key] = texts;
    return texts;
  }

  #texts({ platform, nick }: Wanted): readonly string[] | typeof PENDING {
    if (!platform && !nick) return [this.#bare];
    const { text, botNick } = this.#message;
    const found = platform && this.#prefix !== undefined ? this.#trial.find(this.#prefix, text) : null;
    if (found === PENDING) return PENDING;
    const texts: string[] = [];
    if (found !== null && found[0] === 0) texts.push(text.slice(found[1]).trim());
    const rest = nick ? afterNick(text, botNick) : undefined;
    if (rest !== undefined) texts.push(rest.trim());
    return texts;
  }
}

/** Whether a message or an event is within the scopes of a registration. */
export function isInScope(
  { scopes }: Registered<unknown>,
  fields: Readonly<Record<Exclude<ScopeField, 'eventType'>, string>> & { readonly eventType?: string },
  trial: Trial,
): boolean | typeof PENDING {
  let result: boolean | typeof PENDING = true;
  for (const [field, pattern] of scopes) {
    const holds = trial.matches(pattern, fields[field] ?? '');
    if (holds === false) return false;
    if (holds === PENDING) result = PENDING;
  }
  return result;
}

/** The call of a command in a message, or `undefined` when the message does not call it. */
export function commandMatch(
  command: Registered<CommandRegistration>,
  texts: MessageTexts,
  trial: Trial,
): CommandMatch | undefined | typeof PENDING {
  const { regex, registration } = command;
  const bodies = texts.of(registration);
  if (regex === undefined || bodies === PENDING) return bodies === PENDING ? PENDING : undefined;
  for (const body of bodies) {
    const found = trial.find(regex, body);
    if (found === PENDING) return PENDING;
    if (found !== null) {
      return { matchedCommand: body.slice(found[0], found[1]), matchedText: body, text: body.slice(found[1]).trimStart() };
    }
  }
  return undefined;
}

/** Whether a broadcast matches a message. */
export function isWanted(broadcast: Registered<unknown>, message: Message, trial: Trial): boolean | typeof PENDING {
  const isThere = isInScope(broadcast, message, trial);
  if (isThere === false) return false;
  const fits = trial.matches(broadcast.regex, message.text);
  return fits === false ? false : isThere === PENDING ? PENDING : fits;
}

/** Whether an event matches a registration. */
export const isEventFor = (registered: Registered<unknown>, event: EventFields, trial: Trial): boolean | typeof PENDING =>
  isInScope(registered, event, trial);

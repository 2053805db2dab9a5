import { durationMs } from './duration.ts';

/** An event that the user simulates, as its connector would report it. */
export interface PlayedEvent {
  readonly eventType: string;
  /** Default: the current nick. For `kick`, the victim. */
  readonly nick?: string;
  readonly reason?: string;
  readonly newNick?: string;
  readonly topic?: string;
}

/** A line that the user typed. */
export type Input =
  | { readonly kind: 'nothing' | 'help' | 'limits' | 'commands' | 'reload' }
  | { readonly kind: 'quit' }
  | { readonly kind: 'say'; readonly text: string; readonly action?: boolean; readonly private?: boolean }
  | { readonly kind: 'nick'; readonly nick: string }
  | { readonly kind: 'join'; readonly channel: string }
  /** `undefined` logs out. */
  | { readonly kind: 'account'; readonly account: string | undefined }
  | { readonly kind: 'op'; readonly isOp: boolean }
  | { readonly kind: 'event'; readonly event: PlayedEvent }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'problem'; readonly message: string };

const problem = (message: string): Input => ({ kind: 'problem', message });

/** Names that a connector could report: one word. */
const WORD = /^[^\s\p{Cc}]+$/u;

interface InputCommand {
  /** Its arguments, for help. */
  readonly usage: string;
  readonly does: string;
  /** Whether it needs a bot that runs here. */
  readonly local?: true;
  readonly read: (rest: string, botNick: string) => Input;
}

const oneWord = (name: string, rest: string, read: (word: string) => Input): Input =>
  WORD.test(rest) ? read(rest) : problem(`/${name} takes one word, such as ${EXAMPLES[name]}`);

const EXAMPLES: Readonly<Record<string, string>> = {
  nick: '/nick fox',
  join: '/join #eevee',
};

function privateMessage(rest: string, botNick: string): Input {
  const [, target = '', text = ''] = /^(\S+)\s+(.*)$/.exec(rest) ?? [];
  if (text === '') return problem(`/msg takes a nick and a text: /msg ${botNick} hello`);
  if (target.toLowerCase() !== botNick.toLowerCase()) return problem(`the bot is the only other user here: /msg ${botNick} ${text}`);
  return { kind: 'say', text, private: true };
}

/** Fields of the events whose words mean something other than `[NICK] [REASON]`; `undefined` when one is missing. */
const EVENT_FIELDS: Readonly<Record<string, (words: string, first: string) => Omit<PlayedEvent, 'eventType'> | undefined>> = {
  topic: (words) => (words === '' ? undefined : { topic: words }),
  nick: (_words, first) => (first === '' ? undefined : { newNick: first }),
  kick: (words, first) => (first === '' ? undefined : usualFields(words, first)),
};

const usualFields = (words: string, first: string): Omit<PlayedEvent, 'eventType'> => {
  const reason = words.slice(first.length).trim();
  return { ...(first === '' ? {} : { nick: first }), ...(reason === '' ? {} : { reason }) };
};

function playedEvent(rest: string): Input {
  const [eventType = '', first = ''] = rest.split(/\s+/);
  if (!/^[\w-]+$/.test(eventType)) return problem(`/event takes a type, such as ${EVENT_EXAMPLES.join(', ')}`);
  const fields = (EVENT_FIELDS[eventType] ?? usualFields)(rest.slice(eventType.length).trim(), first);
  if (fields !== undefined) return { kind: 'event', event: { eventType, ...fields } };
  return problem(
    `/event ${eventType} takes more arguments, such as ${EVENT_EXAMPLES.find((example) => example.includes(` ${eventType} `))}`,
  );
}

const EVENT_EXAMPLES = ['/event join', '/event part fox', '/event kick fox flooding', '/event nick vixen', '/event topic Welcome'];

/** Longest time that a timer of Node.js waits. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

const duration = (name: 'advance' | 'wait', rest: string): Input => {
  const ms = durationMs(rest);
  if (name === 'wait' && ms !== undefined && ms > LONGEST_WAIT_MS) return problem('/wait takes at most 24d');
  return ms === undefined ? problem(`/${name} takes a duration, such as /${name} 90s, /${name} 1h or /${name} 2d`) : { kind: name, ms };
};

/** The commands of the prompt. */
export const INPUT_COMMANDS: Readonly<Record<string, InputCommand>> = {
  nick: { usage: 'NAME', does: 'talk as another user', read: (rest) => oneWord('nick', rest, (nick) => ({ kind: 'nick', nick })) },
  join: {
    usage: '#CHANNEL',
    does: 'talk in another channel',
    read: (rest) => oneWord('join', rest, (channel) => ({ kind: 'join', channel })),
  },
  say: { usage: 'TEXT', does: 'send a text as is, even if it begins with # or /', read: (text) => ({ kind: 'say', text }) },
  me: { usage: 'TEXT', does: 'send an action: /me waves', read: (text) => ({ kind: 'say', text, action: true }) },
  msg: { usage: 'BOT TEXT', does: 'send a private message to the bot', read: privateMessage },
  account: {
    usage: '[NAME]',
    does: 'log in to an account of the network; without a name, log out',
    read: (rest) => ({ kind: 'account', account: rest === '' ? undefined : rest }),
  },
  op: { usage: '', does: 'become an administrator of the channel', read: () => ({ kind: 'op', isOp: true }) },
  deop: { usage: '', does: 'stop being an administrator of the channel', read: () => ({ kind: 'op', isOp: false }) },
  event: { usage: 'TYPE [NICK] [TEXT]', does: 'send an event: join, part, quit, kick, nick, topic, invite', read: playedEvent },
  commands: { usage: '', does: 'list the commands that modules registered', read: () => ({ kind: 'commands' }) },
  limits: { usage: '', does: 'show the counts of the rate limits', read: () => ({ kind: 'limits' }) },
  advance: {
    usage: 'TIME',
    does: 'move the clock of the bot, e.g. by 90s, 1h or 2d: limits expire, timers fire',
    local: true,
    read: (rest) => duration('advance', rest),
  },
  wait: { usage: 'TIME', does: 'wait in real time, for messages that modules send on their own', read: (rest) => duration('wait', rest) },
  reload: { usage: '', does: 'restart your modules now', local: true, read: () => ({ kind: 'reload' }) },
  help: { usage: '', does: 'show this help', read: () => ({ kind: 'help' }) },
  quit: { usage: '', does: 'quit (also Ctrl-D)', read: () => ({ kind: 'quit' }) },
};

/**
 * Parses a typed line. A line without a slash is said; one that begins with `#` is a comment, for scripts.
 *
 * @example
 * readInput('/nick fox', 'eevee'); // { kind: 'nick', nick: 'fox' }
 */
export function readInput(line: string, botNick: string): Input {
  const text = line.trimEnd();
  if (text.trim() === '' || text.startsWith('#')) return { kind: 'nothing' };
  if (!text.startsWith('/')) return { kind: 'say', text };
  const [, name = '', rest = ''] = /^\/(\S*)\s*(.*)$/.exec(text) ?? [];
  if (!Object.hasOwn(INPUT_COMMANDS, name))
    return problem(`there is no /${name}: /help lists the commands, /say ${text} sends it as a text`);
  return INPUT_COMMANDS[name]?.read(rest, botNick) ?? { kind: 'nothing' };
}

/** Lines that explain the prompt. @param isLocal whether the bot runs here. */
export function inputHelp({ prefix, botNick, isLocal }: { prefix: string; botNick: string; isLocal: boolean }): string[] {
  const rows = Object.entries(INPUT_COMMANDS)
    .filter(([, { local }]) => isLocal || local !== true)
    .map(([name, { usage, does }]) => [`/${name} ${usage}`.trimEnd(), does] as const);
  return [
    `Your lines are sent to the channel. A command begins with ${prefix}, or with ${botNick}:`,
    ...rows.map(([usage, does]) => `  ${usage.padEnd(26)}${does}`),
  ];
}

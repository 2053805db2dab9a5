import type { HelpEntry } from '@eeveebot/libeevee';

/** The help of one module, as its `help.update` declared it. */
export interface ModuleHelp {
  /** The module's name. */
  readonly from: string;
  readonly entries: readonly HelpEntry[];
}

/** Time after which a module that has not repeated its help counts as gone. Each module is asked every minute. */
const EXPIRY_MS = 5 * 60_000;

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Longest name of a module, command or parameter, in characters. */
const MAX_NAME = 60;

/** Maximum number of parameters and of other names of a command. */
const MAX_DETAILS = 20;

/** Longest description, in characters: about one line of IRC. */
const MAX_DESCRIPTION = 300;

/** Colours and other IRC formatting, including the digits of a colour. */
const FORMATTING = new RegExp(String.raw`${'\u0003'}(?:\d{1,2}(?:,\d{1,2})?)?|${'\u0004'}(?:[\da-f]{6}(?:,[\da-f]{6})?)?`, 'gi');

/**
 * A text on one line without formatting, truncated: a line end or a colour in the help of one module must not affect the rest of an answer,
 * and a long text must not fill the channel.
 */
function textOf(value: unknown, maxCharacters: number): string {
  if (typeof value !== 'string') return '';
  // The removed formatting and blanks may be longer than the remaining text.
  const given = value.slice(0, maxCharacters * 20).replaceAll(FORMATTING, '');
  const plain = given.replaceAll(/[\s\p{Cc}\u2028\u2029]+/gu, ' ').trim();
  const characters = Array.from(plain);
  return characters.length <= maxCharacters ? plain : `${characters.slice(0, maxCharacters - 1).join('')}…`;
}

const nameOf = (value: unknown): string => textOf(value, MAX_NAME);

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The valid parts of an entry; `undefined` without the name of a command. */
function readEntry(value: unknown): HelpEntry | undefined {
  if (!isFields(value)) return undefined;
  const command = nameOf(value['command']);
  if (command === '') return undefined;
  const params = listOf(value['params'])
    .filter(isFields)
    .map((param) => ({
      param: nameOf(param['param']),
      required: param['required'] === true,
      descr: textOf(param['descr'], MAX_DESCRIPTION),
    }))
    .filter(({ param }) => param !== '')
    .slice(0, MAX_DETAILS);
  const aliases = listOf(value['aliases'])
    .map(nameOf)
    .filter((alias) => alias !== '')
    .slice(0, MAX_DETAILS);
  return { command, descr: textOf(value['descr'], MAX_DESCRIPTION), params, ...(aliases.length > 0 ? { aliases } : {}) };
}

/** The fields of a JSON object; empty for any other text. */
function readFields(json: string): Fields {
  try {
    const payload: unknown = JSON.parse(json);
    return isFields(payload) ? payload : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

const nameIn = ({ from }: Fields): string | undefined => nameOf(from) || undefined;

/** The module that a `help.remove` names; `undefined` when it names none. */
export const readModuleName = (payload: string): string | undefined => nameIn(readFields(payload));

/**
 * The help in the payload of a `help.update`. Entries without the name of a command are skipped.
 *
 * @returns `undefined` when the payload is not JSON, does not name its module or has no list of entries.
 * @example
 * readModuleHelp('{"from": "echo", "help": [{"command": "echo", "descr": "Repeats your text", "params": []}]}');
 */
export function readModuleHelp(payload: string): ModuleHelp | undefined {
  const fields = readFields(payload);
  const from = nameIn(fields);
  const { help } = fields;
  if (from === undefined || !Array.isArray(help)) return undefined;
  return { from, entries: help.map(readEntry).filter((entry) => entry !== undefined) };
}

/** The help of all modules that are running, by module. */
export class HelpRegistry {
  readonly #modules = new Map<string, { readonly help: ModuleHelp; readonly heardAtMs: number }>();

  /** Records the help of a module, replacing its earlier help. */
  record(help: ModuleHelp, nowMs: number): void {
    this.#modules.set(help.from, { help, heardAtMs: nowMs });
  }

  /** Removes the help of a module that has stopped. */
  remove(from: string): void {
    this.#modules.delete(from);
  }

  /** Removes modules that have not repeated their help for five minutes. */
  expire(nowMs: number): void {
    for (const [from, { heardAtMs }] of this.#modules) if (nowMs - heardAtMs > EXPIRY_MS) this.#modules.delete(from);
  }

  /** The modules that have entries, sorted by name. */
  get modules(): readonly ModuleHelp[] {
    return [...this.#modules.values()]
      .map(({ help }) => help)
      .filter(({ entries }) => entries.length > 0)
      .toSorted((a, b) => a.from.localeCompare(b.from, 'en'));
  }
}

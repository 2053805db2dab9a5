import type { HelpEntry } from '@eeveebot/libeevee';

/** The help of one module, as its `help.update` declared it. */
export interface ModuleHelp {
  /** The module's name. */
  readonly from: string;
  readonly entries: readonly HelpEntry[];
}

/** A module that did not repeat its help for this long is gone. Each module is asked every minute. */
const EXPIRY_MS = 5 * 60_000;

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** An entry as far as it can be read; `undefined` without a command's name. */
function readEntry(value: unknown): HelpEntry | undefined {
  if (!isFields(value)) return undefined;
  const command = textOf(value['command']).trim();
  if (command === '') return undefined;
  const params = listOf(value['params'])
    .filter(isFields)
    .map((param) => ({ param: textOf(param['param']), required: param['required'] === true, descr: textOf(param['descr']) }))
    .filter(({ param }) => param !== '');
  const aliases = listOf(value['aliases']).filter((alias): alias is string => typeof alias === 'string' && alias !== '');
  return { command, descr: textOf(value['descr']), params, ...(aliases.length > 0 ? { aliases } : {}) };
}

/** The fields of a JSON object; none where the text is anything else. */
function readFields(json: string): Fields {
  try {
    const payload: unknown = JSON.parse(json);
    return isFields(payload) ? payload : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

const nameIn = ({ from }: Fields): string | undefined => (typeof from === 'string' && from !== '' ? from : undefined);

/** The module that a `help.remove` names; `undefined` when it names none. */
export const readModuleName = (payload: string): string | undefined => nameIn(readFields(payload));

/**
 * The help in the payload of a `help.update`. Entries without a command's name are left out.
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

  /** Records a module's help, in place of what it declared before. */
  record(help: ModuleHelp, nowMs: number): void {
    this.#modules.set(help.from, { help, heardAtMs: nowMs });
  }

  /** Removes the help of a module that stopped. */
  remove(from: string): void {
    this.#modules.delete(from);
  }

  /** Removes modules that did not repeat their help for five minutes. */
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

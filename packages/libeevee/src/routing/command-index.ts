import type { CommandRegistration } from '../chat/payloads.ts';
import { folded, literalsOf } from './command-literals.ts';
import type { Registered } from './registry.ts';

type Command = Registered<CommandRegistration>;

/** A command and its position in the order of registration. */
interface Entry {
  readonly command: Command;
  readonly place: number;
  /** Only this command: what most calls find. */
  readonly single: readonly Command[];
}

/** Entries by literal. */
class LiteralMap {
  readonly #entries = new Map<string, Entry[]>();
  /** Lengths of the literals by their first character: most texts start with one that no literal has. */
  readonly #lengths = new Map<string, number[]>();
  /** Length of the longest literal. */
  longest = 0;

  add(literal: string, entry: Entry): void {
    const entries = this.#entries.get(literal);
    if (entries !== undefined) {
      entries.push(entry);
      return;
    }
    this.#entries.set(literal, [entry]);
    const lengths = this.#lengths.get(literal.charAt(0));
    if (lengths === undefined) this.#lengths.set(literal.charAt(0), [literal.length]);
    else if (!lengths.includes(literal.length)) lengths.push(literal.length);
    this.longest = Math.max(this.longest, literal.length);
  }

  /** Adds to `found` the entries whose literals are at a position of a text. */
  findAt(text: string, at: number, found: FoundEntries): void {
    const lengths = this.#lengths.get(text.charAt(at));
    if (lengths === undefined) return;
    for (const length of lengths) {
      if (at + length > text.length) continue;
      const entries = this.#entries.get(text.slice(at, at + length));
      if (entries !== undefined) for (const entry of entries) found.add(entry);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#lengths.clear();
    this.longest = 0;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }
}

/**
 * Index of commands by literal parts of their expressions: of ten thousand commands, a message is only tried on the few whose literals it
 * has. Commands without literals are tried on each message.
 */
export class CommandIndex {
  readonly #byPrefix = new LiteralMap();
  readonly #byInside = new LiteralMap();
  #commands: readonly Command[] = [];
  #others: readonly Entry[] = [];
  #otherCommands: readonly Command[] = [];

  constructor(commands: readonly Command[] = []) {
    this.update(commands);
  }

  /** Makes it the index of these commands. Cheap if they are those that it has and later ones, as usual. */
  update(commands: readonly Command[]): void {
    if (commands === this.#commands) return;
    if (this.#commands.some((command, place) => command !== commands[place])) this.#clear();
    const others: Entry[] = [];
    for (let place = this.#commands.length; place < commands.length; place++) {
      const command = commands[place];
      if (command === undefined) continue;
      const entry = { command, place, single: [command] };
      if (!this.#add(entry)) others.push(entry);
    }
    this.#commands = commands;
    if (others.length === 0) return;
    // The lists themselves may be in use.
    this.#others = [...this.#others, ...others];
    this.#otherCommands = this.#others.map(({ command }) => command);
  }

  #clear(): void {
    this.#byPrefix.clear();
    this.#byInside.clear();
    this.#commands = [];
    this.#others = [];
    this.#otherCommands = [];
  }

  /** @returns whether the command has literals. */
  #add(entry: Entry): boolean {
    const { prefixes, inside } = entry.command.regex === undefined ? {} : literalsOf(entry.command.regex);
    for (const prefix of prefixes ?? []) this.#byPrefix.add(prefix, entry);
    if (inside !== undefined) this.#byInside.add(inside, entry);
    return prefixes !== undefined || inside !== undefined;
  }

  /**
   * Commands that one of the texts may call, in order of registration.
   *
   * @param texts the first one contains the others.
   */
  candidates(texts: readonly string[]): readonly Command[] {
    const found = new FoundEntries();
    for (const text of texts) this.#byPrefix.findAt(folded(text.slice(0, this.#byPrefix.longest)), 0, found);
    if (!this.#byInside.isEmpty) {
      const whole = folded(texts[0] ?? '');
      for (let at = 0; at < whole.length; at++) this.#byInside.findAt(whole, at, found);
    }
    if (found.first === undefined) return this.#otherCommands;
    if (this.#others.length === 0 && found.more === undefined) return found.first.single;
    return inOrder([found.first, ...(found.more ?? []), ...this.#others]);
  }
}

/** Entries that were found, each once. Most texts have at most one, which takes no set. */
class FoundEntries {
  first: Entry | undefined;
  more: Set<Entry> | undefined;

  add(entry: Entry): void {
    if (this.first === undefined) this.first = entry;
    else if (entry !== this.first) (this.more ??= new Set()).add(entry);
  }
}

/** The commands of entries in order of registration, each once. Sorting is skipped for entries in order, as there usually are. */
function inOrder(entries: Entry[]): readonly Command[] {
  const isSorted = entries.every(({ place }, index) => index === 0 || place > (entries[index - 1]?.place ?? 0));
  if (!isSorted) entries.sort((a, b) => a.place - b.place);
  const commands: Command[] = [];
  for (const { command } of entries) if (command !== commands.at(-1)) commands.push(command);
  return commands;
}

import type { CommandRegistration } from '../chat/payloads.ts';
import type { Registered } from './registry.ts';

type Command = Registered<CommandRegistration>;

/** A command and its position in the order of registration. */
interface Entry {
  readonly command: Command;
  readonly place: number;
}

/**
 * Index of commands by their literal prefixes: of ten thousand commands, a message is only tried on the few whose prefix it has.
 * Commands without a literal prefix are tried on each message.
 */
export class CommandIndex {
  readonly commands: readonly Command[];
  readonly #byPrefix = new Map<string, Entry[]>();
  readonly #others: readonly Entry[];
  readonly #otherCommands: readonly Command[];
  readonly #lengths: readonly number[];

  constructor(commands: readonly Command[]) {
    this.commands = commands;
    const others: Entry[] = [];
    for (const [place, command] of commands.entries()) {
      const prefixes = command.regex?.prefixes ?? [''];
      if (prefixes.includes('')) others.push({ command, place });
      else for (const prefix of prefixes) this.#add(prefix, { command, place });
    }
    this.#others = others;
    this.#otherCommands = others.map(({ command }) => command);
    this.#lengths = [...new Set([...this.#byPrefix.keys()].map(({ length }) => length))];
  }

  #add(prefix: string, entry: Entry): void {
    const entries = this.#byPrefix.get(prefix) ?? [];
    entries.push(entry);
    this.#byPrefix.set(prefix, entries);
  }

  /** Commands that one of the texts may call, in order of registration. */
  candidates(texts: readonly string[]): readonly Command[] {
    const found: Entry[] = [];
    const seen = new Set<Entry['command']>();
    for (const text of texts) {
      for (const length of this.#lengths) {
        const entries = length > text.length ? undefined : this.#byPrefix.get(text.slice(0, length));
        for (const entry of entries ?? []) {
          if (seen.has(entry.command)) continue;
          seen.add(entry.command);
          found.push(entry);
        }
      }
    }
    if (found.length === 0) return this.#otherCommands;
    return [...found, ...this.#others].toSorted((a, b) => a.place - b.place).map(({ command }) => command);
  }
}

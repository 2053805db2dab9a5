import type { Pattern, Patterns } from './pattern.ts';

/** Connectors have few prefixes; if there are more than these, they are compiled again. */
const MAX_PREFIXES = 100;

/** The expressions of the command prefixes in use, each compiled once. */
export class CommandPrefixes {
  readonly #patterns: Patterns;
  readonly #compiled = new Map<string, Pattern | 'invalid'>();

  constructor(patterns: Patterns) {
    this.#patterns = patterns;
  }

  /** The pattern of a message's `commonPrefixRegex`; `undefined` for a message without one. An invalid one matches nothing. */
  of(source: string): Pattern | 'invalid' | undefined {
    if (source === '') return undefined;
    if (!this.#compiled.has(source)) {
      if (this.#compiled.size > MAX_PREFIXES) this.#compiled.clear();
      this.#compiled.set(source, this.#compile(source));
    }
    return this.#compiled.get(source);
  }

  /** The valid ones. */
  get patterns(): readonly Pattern[] {
    return [...this.#compiled.values()].filter((pattern) => pattern !== 'invalid');
  }

  /** A prefix counts only at the start of the text. */
  #compile(source: string): Pattern | 'invalid' {
    try {
      return this.#patterns.exactly('commonPrefixRegex', `^(?:${source})`);
    } catch {
      return 'invalid';
    }
  }
}

import type { RegexOutcome, RegexTask } from '../regex/bounded-worker.ts';
import type { Span } from '../regex/span-regexp.ts';
import type { Pattern } from './pattern.ts';

/** Placeholder for a result that only the bounded engine can give. */
export const PENDING = Symbol('pending');

/** Evaluates expressions in a separate thread, as {@link BoundedRegexes} does. */
export type EvaluateBounded = (tasks: readonly RegexTask[]) => Promise<RegexOutcome[]>;

/** Evaluates the expressions of all registrations on one message: tasks for the bounded engine are collected and run in one batch. */
export class Trial {
  /** Created with the first result of the bounded engine: most messages do not need it. */
  #known: Map<Pattern, Map<string, Span | null>> | undefined;
  /** Texts by expression, each once: thousands of registrations may have the same scope. */
  #asked = new Map<Pattern, Set<string>>();

  /** Span of the match of an expression. */
  find(pattern: Pattern, text: string): Span | null | typeof PENDING {
    const found = pattern.find(text);
    return found === undefined ? this.#ask(pattern, text) : found;
  }

  /** The answer of the bounded engine, if it was asked already. */
  #ask(pattern: Pattern, text: string): Span | null | typeof PENDING {
    const known = this.#known?.get(pattern)?.get(text);
    if (known !== undefined) return known;
    const texts = this.#asked.get(pattern);
    if (texts === undefined) this.#asked.set(pattern, new Set([text]));
    else texts.add(text);
    return PENDING;
  }

  /** Whether an expression matches; a missing one does. */
  matches(pattern: Pattern | undefined, text: string): boolean | typeof PENDING {
    if (pattern === undefined) return true;
    const matches = pattern.matches(text);
    if (matches !== undefined) return matches;
    const found = this.#ask(pattern, text);
    return found === PENDING ? PENDING : found !== null;
  }

  get hasQuestions(): boolean {
    return this.#asked.size > 0;
  }

  /**
   * Runs the collected tasks in the bounded engine.
   *
   * @returns the expressions that took too long; they are set aside.
   */
  async answer(evaluate: EvaluateBounded): Promise<{ readonly slow: readonly Pattern[]; readonly failed: number }> {
    const asked = [...this.#asked].flatMap(([pattern, texts]) => [...texts].map((text) => ({ pattern, text })));
    this.#asked = new Map();
    const outcomes = await evaluate(asked.map(({ pattern, text }) => ({ pattern: pattern.source, text })));
    const answers = (this.#known ??= new Map<Pattern, Map<string, Span | null>>());
    const slow = new Set<Pattern>();
    let failed = 0;
    for (const [index, { pattern, text }] of asked.entries()) {
      const given = outcomes[index];
      const outcome = given === undefined ? 'failed' : given;
      if (outcome === 'failed') failed++;
      if (outcome === 'timeout') {
        if (pattern.setAside === undefined) slow.add(pattern);
        pattern.setAside = 'one of its expressions took too long for a text';
      }
      const texts = answers.get(pattern) ?? new Map<string, Span | null>();
      texts.set(text, typeof outcome === 'string' ? null : outcome);
      answers.set(pattern, texts);
    }
    return { slow: [...slow], failed };
  }
}

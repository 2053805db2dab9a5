import vm from 'node:vm';
import { type Span, SpanRegExp } from './span-regexp.ts';

/** Time limit for one text, in milliseconds. */
export const REGEX_LIMIT_MS = 50;

/** Number of times that a match is tried which the machine delayed, so that it used less processor time than the limit. */
export const MAX_DELAYS = 20;

/** Setting the timeout of a match takes about a tenth of a millisecond, which does not count against the expression. */
const CLOCK_MS = 0.2;

interface Sandbox {
  regex: RegExp | undefined;
  text: string;
  found: RegExpExecArray | null;
}

/** Created with the first such expression: many processes have none. */
let engine: { readonly sandbox: Sandbox; readonly script: vm.Script } | undefined;

function sandboxed(): NonNullable<typeof engine> {
  engine ??= {
    sandbox: vm.createContext({ regex: undefined, text: '', found: null }) as Sandbox,
    script: new vm.Script('found = regex.exec(text)'),
  };
  return engine;
}

/** The error may come from another realm, where it is not an instance of this one's `Error`. */
const isTimeout = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && Reflect.get(error, 'code') === 'ERR_SCRIPT_EXECUTION_TIMEOUT';

/** Processor time in milliseconds, so that a busy machine does not count against an expression. */
function spentCpuMs(): number {
  // Node 22 measures only whole processes.
  const { user, system } = (process as { threadCpuUsage?(): NodeJS.CpuUsage }).threadCpuUsage?.() ?? process.cpuUsage();
  return (user + system) / 1_000;
}

/** One match, aborted at the time limit. @returns `undefined` when it was aborted. */
function execInTime(
  { sandbox, script }: NonNullable<typeof engine>,
  regex: RegExp,
  text: string,
): { readonly found: RegExpExecArray | null } | undefined {
  sandbox.regex = regex;
  sandbox.text = text;
  try {
    script.runInContext(sandbox, { timeout: REGEX_LIMIT_MS });
    return { found: sandbox.found };
  } catch (error) {
    if (isTimeout(error)) return undefined;
    throw error;
  } finally {
    sandbox.regex = undefined;
    sandbox.text = '';
    sandbox.found = null;
  }
}

/** Names of the capturing groups, from 1. */
function groupNamesIn(source: string): (string | undefined)[] {
  const names: (string | undefined)[] = [];
  for (const [part, name] of source.matchAll(/\\[^]|\[(?:\\[^]|[^\\\]])*\]|\(\?<([^=!>][^>]*)>|\((?!\?)/g)) {
    if (part.startsWith('(')) names.push(name);
  }
  return names;
}

/**
 * A RegExp for features that no linear engine supports, look-arounds and backreferences: it uses V8's engine, and aborts when a text
 * takes longer than {@link REGEX_LIMIT_MS}. From then on it never matches.
 *
 * @throws SyntaxError for an invalid JavaScript pattern.
 */
export class BoundedRegExp extends SpanRegExp {
  protected readonly groupNames: readonly (string | undefined)[];
  readonly #own: RegExp;
  readonly #whenSlow: () => void;
  #isSetAside = false;
  #text: string | undefined;
  #spentMs = 0;

  /** @param whenSlow called once, when a text exceeded the limit. */
  constructor(pattern: string, flags: string, whenSlow: () => void) {
    super(pattern, flags);
    this.groupNames = groupNamesIn(this.source);
    this.#own = new RegExp(pattern, [...new Set(`${flags}gd`)].filter((flag) => flag !== 'y').join(''));
    this.#whenSlow = whenSlow;
  }

  protected override spans(text: string, from: number): readonly (Span | undefined)[] | undefined {
    if (this.#isSetAside) return undefined;
    if (this.#text !== text) [this.#text, this.#spentMs] = [text, 0];
    // The timeout measures elapsed time: a busy machine can delay a match that takes little processor time.
    for (let attempt = 0; attempt <= MAX_DELAYS && this.#spentMs <= REGEX_LIMIT_MS; attempt++) {
      const outcome = this.#exec(text, from);
      if (outcome === undefined || this.#spentMs > REGEX_LIMIT_MS) continue;
      return outcome.found === null ? undefined : [...(outcome.found.indices ?? [])];
    }
    this.#isSetAside = true;
    this.#whenSlow();
    return undefined;
  }

  #exec(text: string, from: number): ReturnType<typeof execInTime> {
    this.#own.lastIndex = from;
    // Made before, since its time does not count against the first expression.
    const use = sandboxed();
    const startedMs = spentCpuMs();
    const outcome = execInTime(use, this.#own, text);
    // The times of all matches in one text are added up: there may be a match at each character.
    this.#spentMs += Math.max(0, spentCpuMs() - startedMs - CLOCK_MS);
    return outcome;
  }
}

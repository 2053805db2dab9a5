import type { RE2JS } from 're2js';
import type { Span } from './span-regexp.ts';

/** Kinds of instructions in RE2 programs. */
const OP = { alt: 1, altMatch: 2, capture: 3, emptyWidth: 4, fail: 5, match: 6, nop: 7, rune: 8, rune1: 9, anyRune: 10, anyButNewline: 11 };

/** Conditions between two characters that an instruction of kind `emptyWidth` can require. */
const EMPTY = { beginLine: 1, endLine: 2, beginText: 4, endText: 8, wordBoundary: 16, noWordBoundary: 32 };

/** 64 MiB: enough for a text of a megabyte and an expression of 500 instructions. */
const MAX_WORDS = 2 ** 24;

/** One instruction, as compiled by RE2JS. */
interface Instruction {
  readonly op: number;
  readonly out: number;
  readonly arg: number;
  matchRune(rune: number): boolean;
}

interface Program {
  readonly inst: readonly Instruction[];
  readonly start: number;
}

/** Predecessors of each instruction: those that do not read a character, and those that read one. */
interface Predecessors {
  readonly empty: readonly (readonly number[])[];
  readonly reading: readonly (readonly number[])[];
  readonly matching: readonly number[];
}

const predecessorsOf = new WeakMap<object, Predecessors>();

function predecessors({ inst }: Program): Predecessors {
  const known = predecessorsOf.get(inst);
  if (known !== undefined) return known;
  const empty: number[][] = inst.map(() => []);
  const reading: number[][] = inst.map(() => []);
  const matching: number[] = [];
  for (const [pc, { op, out, arg }] of inst.entries()) {
    if (op === OP.match) matching.push(pc);
    else if (op >= OP.rune) reading[out]?.push(pc);
    else if (op !== OP.fail) {
      empty[out]?.push(pc);
      if (op === OP.alt || op === OP.altMatch) empty[arg]?.push(pc);
    }
  }
  const made = { empty, reading, matching };
  predecessorsOf.set(inst, made);
  return made;
}

const isWord = (code: number): boolean =>
  (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x30 && code <= 0x39) || code === 0x5f;

/** Conditions that hold at `index` of a text, as bits of {@link EMPTY}. */
function conditionsAt(text: string, index: number): number {
  const before = index === 0 ? -1 : text.charCodeAt(index - 1);
  const next = index === text.length ? -1 : text.charCodeAt(index);
  return (
    (before === -1 ? EMPTY.beginText | EMPTY.beginLine : 0) |
    (before === 0x0a ? EMPTY.beginLine : 0) |
    (next === -1 ? EMPTY.endText | EMPTY.endLine : 0) |
    (next === 0x0a ? EMPTY.endLine : 0) |
    (isWord(before) === isWord(next) ? EMPTY.noWordBoundary : EMPTY.wordBoundary)
  );
}

/** Whether a reading instruction accepts the character. */
function reads(instruction: Instruction, rune: number): boolean {
  if (instruction.op === OP.anyRune) return true;
  if (instruction.op === OP.anyButNewline) return rune !== 0x0a;
  return instruction.matchRune(rune);
}

/** A path through a program that has reached `pc`, with the groups it has entered and left. */
interface Path {
  readonly pc: number;
  readonly groups: readonly number[];
}

/**
 * All matches of an expression in one text, each found in time proportional to its length.
 *
 * A pass from the end of the text to its start records, for each position, the instructions from which a match can still be reached. A
 * match is then followed from its start without backtracking: each choice takes the first branch that can reach its end.
 *
 * @see https://doi.org/10.1007/978-3-540-27836-8_53 Frisch and Cardelli, Greedy regular expression matching
 */
export class AllMatches {
  readonly text: string;
  readonly #program: Program;
  readonly #groupCount: number;
  /** Bit `index * width + pc`: whether a match can be reached from that instruction at that position. */
  readonly #reachable: Uint32Array;
  readonly #words: number;

  /** Whether the table for a text has an acceptable size. */
  static fits(re2: RE2JS, text: string): boolean {
    return Math.ceil(re2.programSize() / 32) * (text.length + 1) <= MAX_WORDS;
  }

  constructor(re2: RE2JS, text: string) {
    this.text = text;
    this.#program = re2.re2().prog as Program;
    // Groups that can never take part have no instructions.
    this.#groupCount = re2.groupCount();
    this.#words = Math.ceil(this.#program.inst.length / 32);
    this.#reachable = new Uint32Array(this.#words * (text.length + 1));
    this.#noteReachable();
  }

  /** The groups of the first match that begins at `from` or later; group 0 is the whole match. */
  next(from: number): (Span | undefined)[] | undefined {
    for (let index = from; index <= this.text.length; index++) {
      if (this.#canReach(this.#program.start, index) && !this.#isInsideCharacter(index)) return this.#follow(index);
    }
    return undefined;
  }

  #canReach(pc: number, index: number): boolean {
    return (((this.#reachable[index * this.#words + (pc >>> 5)] ?? 0) >>> (pc & 31)) & 1) === 1;
  }

  #isInsideCharacter(index: number): boolean {
    return index > 0 && index < this.text.length && (this.text.codePointAt(index - 1) ?? 0) > 0xffff;
  }

  #noteReachable(): void {
    const { text } = this;
    const { inst } = this.#program;
    const { empty, reading, matching } = predecessors(this.#program);
    let later: readonly number[] = [];
    for (let index = text.length; index >= 0; index--) {
      if (this.#isInsideCharacter(index)) continue;
      const rune = text.codePointAt(index) ?? -1;
      const conditions = conditionsAt(text, index);
      const found: number[] = [];
      const note = (pc: number): void => {
        if (this.#canReach(pc, index)) return;
        const word = index * this.#words + (pc >>> 5);
        this.#reachable[word] = (this.#reachable[word] ?? 0) | (1 << (pc & 31));
        found.push(pc);
      };
      for (const pc of matching) note(pc);
      for (const next of later) {
        for (const pc of reading[next] ?? []) {
          const instruction = inst[pc];
          if (instruction !== undefined && reads(instruction, rune)) note(pc);
        }
      }
      // The list grows during the iteration.
      for (const next of found) {
        for (const pc of empty[next] ?? []) {
          const instruction = inst[pc];
          if (instruction !== undefined && (instruction.op !== OP.emptyWidth || (instruction.arg & ~conditions) === 0)) note(pc);
        }
      }
      later = found;
    }
  }

  /** Follows the match that begins at `start`. */
  #follow(start: number): (Span | undefined)[] | undefined {
    const { text } = this;
    const { inst } = this.#program;
    let index = start;
    let path: Path = { pc: this.#program.start, groups: Array.from({ length: (this.#groupCount + 1) * 2 }, () => -1) };
    for (;;) {
      const step = this.#firstThatReads(path, index);
      if (step === undefined) return undefined;
      const instruction = inst[step.pc];
      if (instruction === undefined || instruction.op === OP.match) return this.#spansOf(step.groups, start, index);
      index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
      path = { pc: instruction.out, groups: step.groups };
    }
  }

  #spansOf(groups: readonly number[], start: number, end: number): (Span | undefined)[] {
    return Array.from({ length: this.#groupCount + 1 }, (_, group) => {
      if (group === 0) return [start, end] as const;
      const [from = -1, to = -1] = groups.slice(group * 2, group * 2 + 2);
      return from < 0 || to < 0 ? undefined : ([from, to] as const);
    });
  }

  /** The first path, in the expression's order of preference, that reads the next character or ends here, and reaches a match. */
  #firstThatReads(from: Path, index: number): Path | undefined {
    const { inst } = this.#program;
    const seen = new Set<number>();
    const open: Path[] = [from];
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      const { pc, groups } = path;
      const instruction = inst[pc];
      if (instruction === undefined || seen.has(pc) || !this.#canReach(pc, index)) continue;
      seen.add(pc);
      const { op, out, arg } = instruction;
      if (op >= OP.match && op !== OP.nop) return path;
      if (op === OP.alt || op === OP.altMatch) open.push({ pc: arg, groups }, { pc: out, groups });
      else if (op === OP.capture) open.push({ pc: out, groups: groups.with(arg, index) });
      else open.push({ pc: out, groups });
    }
    return undefined;
  }
}

/** Nesting beyond which a value is refused, before recursion could exhaust the stack. */
const MAX_DEPTH = 100;

const FIX_OF_CLASS: Readonly<Record<string, string>> = {
  Date: 'store its toISOString()',
  Map: 'store Object.fromEntries of it',
  Set: 'store an array of its members',
  Promise: 'await it first',
};

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

function classProblem(value: object): string {
  const { constructor } = value;
  const name = typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'class instance';
  return `is a ${name}: ${FIX_OF_CLASS[name] ?? 'store a plain object with the fields to keep'}`;
}

function scalarProblem(value: unknown): string | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `is ${value}: JSON has only finite numbers`;
  if (typeof value === 'bigint') return 'is a BigInt: store its toString()';
  if (value === undefined) return 'is undefined: omit it, or use null';
  return `is a ${typeof value}, which JSON does not have`;
}

/** A part that JSON would drop or change. */
interface Problem {
  /** Path of the part, such as `.quotes[3]`; empty for the value itself. */
  readonly where: string;
  readonly what: string;
}

/** Checks one value. */
class Check {
  /** Objects that contain the current part. */
  readonly #above: object[] = [];
  readonly #maxParts: number;
  #parts = 0;

  constructor(maxParts: number) {
    this.#maxParts = maxParts;
  }

  /** Whether the value has too many parts. */
  get isTooLarge(): boolean {
    return this.#parts > this.#maxParts;
  }

  problem(value: unknown): Problem | undefined {
    // An object is counted each time it is referred to, as JSON repeats it.
    if (++this.#parts > this.#maxParts) return { where: '', what: `has more than ${this.#maxParts} parts: split it` };
    if (typeof value !== 'object') return found(scalarProblem(value));
    if (value === null) return undefined;
    if (this.#above.includes(value)) return found('contains itself: store an identifier instead of the object');
    if (this.#above.length >= MAX_DEPTH) return found(`is nested deeper than ${MAX_DEPTH} levels`);
    if (!Array.isArray(value) && !isPlain(value)) return found(classProblem(value));
    this.#above.push(value);
    const problem = Array.isArray(value) ? this.#inList(value) : this.#inMapping(value);
    this.#above.pop();
    return problem;
  }

  #inList(list: readonly unknown[]): Problem | undefined {
    // By index: a hole reads as undefined.
    for (let index = 0; index < list.length; index++) {
      const problem = this.problem(list[index]);
      if (problem !== undefined) return { ...problem, where: `[${index}]${problem.where}` };
    }
    return undefined;
  }

  #inMapping(mapping: object): Problem | undefined {
    for (const [field, part] of Object.entries(mapping)) {
      const problem = this.problem(part);
      if (problem !== undefined) return { ...problem, where: `.${field}${problem.where}` };
    }
    return undefined;
  }
}

const found = (what: string | undefined): Problem | undefined => (what === undefined ? undefined : { where: '', what });

/**
 * Reason why a value would not be read back as it was written, with the path of the part; `undefined` for a JSON value.
 *
 * @param maxParts values of more parts are refused: the time that a check takes is bounded, whatever the value refers to repeatedly.
 * @example
 * jsonProblem({ since: new Date() }, 100); // '.since is a Date: store its toISOString()'
 */
export function jsonProblem(value: unknown, maxParts: number): string | undefined {
  const check = new Check(maxParts);
  const problem = check.problem(value);
  if (problem === undefined) return undefined;
  return check.isTooLarge || problem.where === '' ? problem.what : `${problem.where} ${problem.what}`;
}

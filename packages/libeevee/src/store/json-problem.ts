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

/** The first part that JSON would drop or change. `above` are the objects that contain the value. */
function problemAt(path: string, value: unknown, above: readonly object[]): string | undefined {
  if (typeof value !== 'object') {
    const problem = scalarProblem(value);
    return problem === undefined ? undefined : `${path}${problem}`;
  }
  if (value === null) return undefined;
  if (above.includes(value)) return `${path}contains itself: store an identifier instead of the object`;
  if (above.length >= MAX_DEPTH) return `${path}is nested deeper than ${MAX_DEPTH} levels`;
  const inside = [...above, value];
  if (Array.isArray(value)) {
    // By index: a hole reads as undefined.
    for (let index = 0; index < value.length; index++) {
      const problem = problemAt(`${path.trimEnd()}[${index}] `, value[index], inside);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  if (!isPlain(value)) return `${path}${classProblem(value)}`;
  for (const [field, part] of Object.entries(value)) {
    const problem = problemAt(`${path.trimEnd()}.${field} `, part, inside);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/**
 * Reason why a value would not be read back as it was written, with the path of the part; `undefined` for a JSON value.
 *
 * @example
 * jsonProblem({ since: new Date() }); // '.since is a Date: store its toISOString()'
 */
export const jsonProblem = (value: unknown): string | undefined => problemAt('', value, []);

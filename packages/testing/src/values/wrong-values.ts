/** A value as JSON has it. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type Path = readonly (string | number)[];

const LONG = 'x'.repeat(300);

/** Values that are wrong in most places: other types, numbers out of range, and text that YAML, Helm or Kubernetes reads differently. */
const WRONG: readonly Json[] = [
  ...[null, true, [], {}, ['x'], { x: 'y' }, -1, 0, 1.5, 1e10],
  ...['', ' ', 'UPPER', 'a b', 'ünïcödé', '-dash', 'dot.', 'a..b', 'a_b', 'a: b', 'a/b:c', LONG],
  ...['true', '7', '1e3', '1Gi', '100%', '30m', 'line\nbreak', '{{ .Release.Name }}'],
];

/** Values of other types, for objects and lists that have entries. */
const OF_OTHER_TYPES: readonly Json[] = [null, [], {}, 7, 'x'];

/** Keys to add to an object: a misspelt one, and text that cannot be a name. */
const wrongKeys = (object: object): readonly string[] => [`${Object.keys(object)[0] ?? 'key'}s`, '', 'a b', '-dash', `${LONG}/x`, '1e3'];
const WRONG_KEYS = wrongKeys({}).length;

/** A wrong value at a path. */
export interface Mutation {
  readonly path: Path;
  readonly value: Json;
}

const isObject = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function childrenOf(value: Json): readonly (readonly [string | number, Json])[] {
  if (Array.isArray(value)) return value.map((item: Json, index) => [index, item] as const);
  return isObject(value) ? Object.entries(value) : [];
}

const nodesOf = (value: Json, path: Path = []): readonly Mutation[] => [
  { path, value },
  ...childrenOf(value).flatMap(([key, child]) => nodesOf(child, [...path, key])),
];

/**
 * Rounds that put each wrong value in each place of a valid one. All mutations of a round can be made at once: none is within another.
 *
 * @param values default: all known ones.
 */
export function rounds(base: Json, values: readonly Json[] = WRONG): readonly (readonly Mutation[])[] {
  const nodes = nodesOf(base).filter(({ path }) => path.length > 0);
  const isLeaf = ({ value }: Mutation): boolean => childrenOf(value).length === 0;
  const inner = Map.groupBy(
    nodes.filter((node) => !isLeaf(node)),
    ({ path }) => path.length,
  );
  const replaced = (places: readonly Mutation[], wrong: readonly Json[]) =>
    wrong.map((value) => places.filter(({ value: valid }) => valid !== value).map(({ path }) => ({ path, value })));
  const objects = nodes.filter(({ value }) => isObject(value));
  const added = Array.from({ length: WRONG_KEYS }, (_, index) =>
    objects.flatMap(({ path, value }) => ({ path: [...path, wrongKeys(value as object)[index] ?? ''], value: 'x' })),
  );
  return [
    ...replaced(nodes.filter(isLeaf), values),
    ...[...inner.values()].flatMap((places) => replaced(places, OF_OTHER_TYPES)),
    ...added,
  ];
}

/** A copy of the value with mutations made. */
export function mutated(base: Json, mutations: readonly Mutation[]): Json {
  // Places that share a value must not be changed together, as in a structured clone.
  const result = JSON.parse(JSON.stringify(base)) as Json;
  for (const { path, value } of mutations) {
    const parent = path.slice(0, -1).reduce<Json>((node, key) => (node as Record<string | number, Json>)[key] as Json, result);
    Object.defineProperty(parent, path.at(-1) ?? '', { value, writable: true, enumerable: true, configurable: true });
  }
  return result;
}

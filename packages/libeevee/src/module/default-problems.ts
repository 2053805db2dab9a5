type Mapping = Readonly<Record<string, unknown>>;

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (Number.isNaN(value)) return 'NaN';
  return `a ${typeof value}`;
}

/** Items of another type than those of the default; a default without items, or with items of several types, says nothing about them. */
function itemProblems(defaults: readonly unknown[], items: readonly unknown[], path: string): string[] {
  const [expected, ...others] = new Set(defaults.map(kindOf));
  if (expected === undefined || expected === 'nothing' || others.length > 0) return [];
  return items.flatMap((item, index) => {
    const found = kindOf(item);
    return found === expected ? [] : [`${path}[${index}]: expected ${expected}, found ${found}`];
  });
}

/**
 * Problems of a configuration, compared with the defaults that it was merged over: a field whose default is a string must be a string,
 * and so on. If all items of a default list have one type, so must those of the list. Fields without a default, or with `null`, may have any value. No value is quoted, because it may be a secret.
 *
 * @example
 * defaultProblems({ limit: 5 }, { limit: 'many' }); // ['limit: expected a number, found a string']
 */
export function defaultProblems(defaults: unknown, config: unknown, path = ''): string[] {
  if (defaults === null || defaults === undefined) return [];
  const [expected, found] = [kindOf(defaults), kindOf(config)];
  if (expected !== found) return [`${path === '' ? 'the configuration' : path}: expected ${expected}, found ${found}`];
  if (Array.isArray(defaults)) return itemProblems(defaults, config as unknown[], path);
  if (expected !== 'a mapping') return [];
  const given = config as Mapping;
  return Object.entries(defaults as Mapping).flatMap(([key, value]) =>
    defaultProblems(value, given[key], path === '' ? key : `${path}.${key}`),
  );
}

/** Shape of one setting, from which it is parsed and documented. */
export type Field = Described &
  (
    | { readonly type: 'string'; readonly default?: string; readonly pattern?: RegExp; readonly shape?: string }
    | { readonly type: 'integer' | 'number'; readonly default?: number; readonly min: number; readonly max: number }
    | { readonly type: 'boolean'; readonly default: boolean }
    | { readonly type: 'choice'; readonly values: readonly string[]; readonly default?: string }
    /** A string, `{ env: NAME }` or `{ file: PATH }`. */
    | { readonly type: 'secret' }
    | { readonly type: 'object'; readonly fields: Fields; readonly always?: true }
    | { readonly type: 'list'; readonly of: Field }
    /** The first field whose type matches the value. */
    | { readonly type: 'either'; readonly of: readonly Field[] }
  );

/** Settings of an object by name. */
export type Fields = Readonly<Record<string, Field>>;

interface Described {
  readonly description: string;
  readonly required?: true;
}

/** Collects problems and warnings of a configuration, each with the path of its field. */
export interface Findings {
  readonly problems: string[];
  readonly warnings: string[];
}

type Parser<Type extends Field['type']> = (field: Field & { readonly type: Type }, value: unknown, at: Place) => unknown;

interface Place {
  readonly path: string;
  readonly findings: Findings;
}

/**
 * Parses a value by its field and fills in defaults. All problems are added to `findings.problems`; the value then must not be used.
 *
 * @param at.path names the value in problems, e.g. `connections[0].irc`.
 */
export function parseField(field: Field, value: unknown, at: Place): unknown {
  if (value === undefined || value === null) return absent(field, at);
  const parse = PARSERS[field.type] as Parser<Field['type']>;
  return parse(field, value, at);
}

/** Whether a value is a mapping. */
export const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function absent(field: Field, at: Place): unknown {
  if (field.required === true) {
    at.findings.problems.push(`${at.path} is missing: ${field.description}`);
    return undefined;
  }
  if (field.type === 'object') return field.always === true ? parseObject(field, {}, at) : undefined;
  if (field.type === 'list') return [];
  return 'default' in field ? field.default : undefined;
}

const PARSERS: { readonly [Type in Field['type']]: Parser<Type> } = {
  string: parseString,
  integer: parseNumber,
  number: parseNumber,
  boolean: (_field, value, at) => (typeof value === 'boolean' ? value : wrong(at, 'must be true or false', value)),
  choice: ({ values }, value, at) =>
    typeof value === 'string' && values.includes(value) ? value : wrong(at, `must be one of ${values.join(', ')}`, value),
  secret: parseSecret,
  object: parseObject,
  list: ({ of }, value, at) =>
    Array.isArray(value)
      ? value.map((each: unknown, index) => parseField(of, each, { ...at, path: `${at.path}[${index}]` }))
      : wrong(at, 'must be a list', value),
  either: ({ of }, value, at) => {
    const fitting = of.find((field) => isOfKind(field, value));
    return fitting === undefined ? wrong(at, `must be ${of.map(kindOf).join(' or ')}`, value) : parseField(fitting, value, at);
  },
};

/** Values in messages are truncated: they only help to find the line in the file. */
function wrong({ path, findings }: Place, demand: string, value: unknown): undefined {
  const shown = isMapping(value) || Array.isArray(value) ? kindOfValue(value) : JSON.stringify(value).slice(0, 80);
  findings.problems.push(`${path} ${demand}, not ${shown}`);
  return undefined;
}

function kindOfValue(value: unknown): string {
  return Array.isArray(value) ? 'a list' : 'a mapping';
}

function parseString(field: Field & { readonly type: 'string' }, value: unknown, at: Place): unknown {
  // YAML parses keys of channels and nicks that look like numbers as numbers.
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') return wrong(at, 'must be a string', value);
  if (/[\r\n]/.test(text) || text.includes('\0')) return wrong(at, 'must be on one line', text);
  if (field.pattern !== undefined && !field.pattern.test(text)) return wrong(at, `must be ${field.shape ?? field.pattern.source}`, text);
  return text;
}

function parseNumber(field: Field & { readonly type: 'integer' | 'number' }, value: unknown, at: Place): unknown {
  const { type, min, max } = field;
  const fits = typeof value === 'number' && value >= min && value <= max && (type === 'number' || Number.isInteger(value));
  return fits ? value : wrong(at, `must be a ${type === 'integer' ? 'whole ' : ''}number from ${min} to ${max}`, value);
}

/** A secret is never quoted. */
function parseSecret(_field: Field, value: unknown, { path, findings }: Place): unknown {
  if (typeof value === 'string' || typeof value === 'number') return { value: String(value) };
  const [name, source] = isMapping(value) && Object.keys(value).length === 1 ? (Object.entries(value)[0] ?? []) : [];
  if ((name === 'env' || name === 'file') && typeof source === 'string' && source !== '') return { [name]: source };
  findings.problems.push(`${path} must be a string, {env: NAME} or {file: PATH}`);
  return undefined;
}

function parseObject(field: Field & { readonly type: 'object' }, value: unknown, at: Place): unknown {
  if (!isMapping(value)) return wrong(at, 'must be a mapping', value);
  const { fields } = field;
  const within = (name: string): string => (at.path === '' ? name : `${at.path}.${name}`);
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(fields, name)) at.findings.warnings.push(`${within(name)} is not a setting and has no effect`);
  }
  return Object.fromEntries(
    Object.entries(fields).map(([name, each]) => [
      name,
      parseField(each, Object.hasOwn(value, name) ? value[name] : undefined, { ...at, path: within(name) }),
    ]),
  );
}

function isOfKind({ type }: Field, value: unknown): boolean {
  if (type === 'list') return Array.isArray(value);
  if (type === 'object') return isMapping(value);
  if (type === 'secret') return typeof value === 'string' || isMapping(value);
  if (type === 'boolean') return typeof value === 'boolean';
  return typeof value === 'string' || typeof value === 'number';
}

function kindOf({ type }: Field): string {
  return { list: 'a list', object: 'a mapping', boolean: 'true or false' }[type as string] ?? 'a string';
}

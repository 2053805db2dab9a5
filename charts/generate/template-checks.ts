/** Checks of specs that JSON Schema cannot express. The templates of chart bot make them. */
import type { JsonSchema } from './json-schema.ts';

/** A check at a path, such as `initContainers[].ports`: the template `bot.check.<name>`, with its arguments. */
interface TemplateCheck {
  readonly name: string;
  /** Fields that identify an entry of a list, each with its default. */
  readonly keys?: Readonly<Record<string, unknown>>;
}

/** By a part of the rule that no other has. */
const CHECKED_BY_TEMPLATES: Readonly<Record<string, string>> = {
  'self.requests.all(': 'resources',
  'has(self.scrapeTimeout)': 'scrapeTimes',
  'self.podMonitor.enabled': 'scrapedMetrics',
  'size(bytes(self))': 'bytes',
  "duration('24h')": 'startWindow',
};

/** The template that makes the check of a rule. */
export const checkOf = (rule: string): string | undefined =>
  Object.entries(CHECKED_BY_TEMPLATES).find(([part]) => rule.includes(part))?.[1];

/** The checks of a spec by their paths. */
export function templateChecks(schema: JsonSchema, path = ''): Readonly<Record<string, readonly TemplateCheck[]>> {
  const { properties = {}, items, additionalProperties } = schema;
  const own = checksOf(schema);
  const fields = Object.entries(properties).map(([name, field]) => templateChecks(field, path === '' ? name : `${path}.${name}`));
  return Object.assign(
    own.length > 0 ? { [path]: own } : {},
    ...fields,
    items ? templateChecks(items, `${path}[]`) : {},
    typeof additionalProperties === 'object' ? templateChecks(additionalProperties, `${path}.*`) : {},
  ) as Readonly<Record<string, readonly TemplateCheck[]>>;
}

function checksOf(schema: JsonSchema): readonly TemplateCheck[] {
  const rules = schema['x-kubernetes-validations'] ?? [];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const names = rules.flatMap(({ rule }) => checkOf(rule) ?? []);
  return [
    ...names.map((name) => ({ name })),
    ...(keys.length > 0
      ? [{ name: 'entries', keys: Object.fromEntries(keys.map((key) => [key, schema.items?.properties?.[key]?.default ?? ''])) }]
      : []),
  ];
}

/** Formats of fields of pods, wherever they occur in the values that a chart passes on. */
import { INT32, labels, labelValue, qualifiedName, rolloutCount, wholeNumber } from './formats.ts';
import { oneOf, type JsonSchema } from './json-schema.ts';

const id: JsonSchema = { type: 'integer', minimum: 0, maximum: INT32 };
/** Not padded with spaces. */
const profile: JsonSchema = { type: 'string', pattern: '^\\S(.*\\S)?$' };
const sysctl: JsonSchema = {
  type: 'string',
  maxLength: 253,
  pattern: '^[a-z0-9]([-_a-z0-9]*[a-z0-9])?([./][a-z0-9]([-_a-z0-9]*[a-z0-9])?)*$',
};

/** By the name of the field. */
const FORMATS: Readonly<Record<string, JsonSchema>> = {
  runAsUser: id,
  runAsGroup: id,
  fsGroup: id,
  supplementalGroups: { items: id },
  localhostProfile: profile,
  matchLabels: labels,
  topologyKey: qualifiedName,
  maxSkew: wholeNumber(1),
  minDomains: wholeNumber(1),
  whenUnsatisfiable: oneOf('DoNotSchedule', 'ScheduleAnyway'),
  nodeSelectorTerms: { minItems: 1 },
  weight: { minimum: 1, maximum: 100 },
  maxSurge: rolloutCount,
  maxUnavailable: rolloutCount,
  sysctls: { items: { properties: { name: sysctl } } },
  fsGroupChangePolicy: oneOf('Always', 'OnRootMismatch'),
  supplementalGroupsPolicy: oneOf('Merge', 'Strict'),
  procMount: oneOf('Default', 'Unmasked'),
  seccompProfile: { properties: { type: oneOf('RuntimeDefault', 'Unconfined', 'Localhost') } },
  appArmorProfile: { properties: { type: oneOf('RuntimeDefault', 'Unconfined', 'Localhost') } },
  nodeAffinityPolicy: oneOf('Honor', 'Ignore'),
  nodeTaintsPolicy: oneOf('Honor', 'Ignore'),
};

/** Only these operators have no values. */
export const needsValues: readonly JsonSchema[] = [
  { properties: { operator: oneOf('Exists', 'DoesNotExist') } },
  { required: ['values'], properties: { values: { minItems: 1 } } },
];
const SET_OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];
/** A requirement of a selector. Those of nodes also compare numbers. */
const requirement = (operators: readonly string[]): JsonSchema => ({
  items: {
    properties: { key: qualifiedName, operator: oneOf(...operators), values: { type: 'array', items: labelValue } },
    anyOf: needsValues,
  },
});

/** A schema with these formats added to its fields. */
export function podFormats(schema: JsonSchema, isOfNodes = false): JsonSchema {
  const formats: Readonly<Record<string, JsonSchema>> = {
    ...FORMATS,
    matchExpressions: requirement(isOfNodes ? [...SET_OPERATORS, 'Gt', 'Lt'] : SET_OPERATORS),
  };
  const { properties, items } = schema;
  return {
    ...schema,
    ...(items && { items: podFormats(items, isOfNodes) }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, field]) => {
          const inner = podFormats(field, isOfNodes || name === 'nodeAffinity');
          return [name, Object.hasOwn(formats, name) ? combined(inner, formats[name] ?? {}) : inner];
        }),
      ),
    }),
  };
}

/** The schema with the keywords of a format, which take precedence. */
function combined(schema: JsonSchema, format: JsonSchema): JsonSchema {
  const { properties, items } = format;
  if (properties === undefined && items === undefined) return { ...schema, ...format };
  return {
    ...schema,
    ...format,
    ...(items && { items: combined(schema.items ?? {}, items) }),
    ...(properties && {
      properties: {
        ...schema.properties,
        ...Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, combined(schema.properties?.[name] ?? {}, field)])),
      },
    }),
  };
}

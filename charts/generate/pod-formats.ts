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

/** A field that is present and has this value. */
const isOf = (name: string, value: unknown): JsonSchema => ({ required: [name], properties: { [name]: { enum: [value] } } });
/** Only a profile of type Localhost has a file, and it needs one. */
const profileOf: JsonSchema = {
  properties: { type: oneOf('RuntimeDefault', 'Unconfined', 'Localhost') },
  anyOf: [
    { required: ['localhostProfile'], properties: { type: oneOf('Localhost') } },
    { not: { required: ['localhostProfile'] }, properties: { type: oneOf('RuntimeDefault', 'Unconfined') } },
  ],
};
const isAdministrator: JsonSchema = {
  properties: {
    capabilities: { required: ['add'], properties: { add: { not: { items: { not: { enum: ['SYS_ADMIN', 'CAP_SYS_ADMIN'] } } } } } },
  },
  required: ['capabilities'],
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
  seccompProfile: profileOf,
  appArmorProfile: profileOf,
  topologySpreadConstraints: { items: { anyOf: [{ not: { required: ['minDomains'] } }, isOf('whenUnsatisfiable', 'DoNotSchedule')] } },
  securityContext: { not: { allOf: [isOf('allowPrivilegeEscalation', false), { anyOf: [isOf('privileged', true), isAdministrator] }] } },
  nodeAffinityPolicy: oneOf('Honor', 'Ignore'),
  nodeTaintsPolicy: oneOf('Honor', 'Ignore'),
};

/** Only these operators have no values. Those that compare numbers have one. */
export const needsValues: readonly JsonSchema[] = [
  { properties: { operator: oneOf('Exists', 'DoesNotExist'), values: { maxItems: 0 } } },
  { required: ['values'], properties: { operator: oneOf('In', 'NotIn'), values: { minItems: 1 } } },
  {
    required: ['values'],
    properties: { operator: oneOf('Gt', 'Lt'), values: { minItems: 1, maxItems: 1, items: { pattern: '^[-+]?[0-9]{1,18}$' } } },
  },
];
const SET_OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];
/** A requirement of a selector. Those of nodes also compare numbers. */
const requirement = (operators: readonly string[]): JsonSchema => ({
  items: {
    properties: { key: qualifiedName, operator: oneOf(...operators), values: { type: 'array', items: labelValue } },
    anyOf: needsValues,
  },
});

/** A field with the format of its name, and with the formats of those within it. */
export const podField = (name: string, schema: JsonSchema): JsonSchema =>
  podFormats({ properties: { [name]: schema } }).properties?.[name] ?? {};

/** A schema with these formats added to its fields. */
function podFormats(schema: JsonSchema, isOfNodes = false): JsonSchema {
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

/** Formats that the API server requires of values which the charts pass on: Helm refuses others with the path of the value. */
import type { JsonSchema } from './json-schema.ts';

const INT32 = 2_147_483_647;

const LABEL = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';
/** Only the whole name has a maximum length. */
const SEGMENT = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${SEGMENT}(\\.${SEGMENT})*`;
const PART = '[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?';
const QUALIFIED = `(${SUBDOMAIN}/)?${PART}`;

const matching = (pattern: string, maxLength?: number): JsonSchema => ({
  type: 'string',
  pattern: `^${pattern}$`,
  ...(maxLength === undefined ? {} : { maxLength }),
});

/** Name of an object. */
export const objectName = matching(SUBDOMAIN, 253);
/** Name of an object that has a Service of its name. */
export const dotlessName = matching(SEGMENT, 253);
/** Name of an object, or nothing. */
export const optionalName = matching(`(${SUBDOMAIN})?`, 253);
/** Names of namespaces, separated by commas. */
export const namespaceList = matching(`( *(${LABEL})? *(, *(${LABEL})? *)*)`);
export const namespaceName = matching(LABEL);
export const domainName = matching(SUBDOMAIN, 253);

/** Number that the API server stores with 32 bits. */
export const wholeNumber = (minimum: number): JsonSchema => ({ type: 'integer', minimum, maximum: INT32 });
export const portNumber: JsonSchema = { type: 'integer', minimum: 1, maximum: 65535 };
/** Name of a Service's port. */
export const servicePortName = matching(`(${LABEL})?`);
/** Number or name of a container's port. A name has a letter. */
export const targetPort: JsonSchema = {
  anyOf: [portNumber, matching('([a-z0-9]+-)*[0-9]*[a-z][a-z0-9]*(-[a-z0-9]+)*', 15)],
};
export const appProtocol = matching(`(${QUALIFIED})?`);
/** Number or percentage of pods. */
export const podCount: JsonSchema = { anyOf: [wholeNumber(0), matching('(100|[1-9]?[0-9])%'), matching('[0-9]{1,9}')] };
/** Duration of Prometheus. */
export const duration = matching('(0|([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)');

export const imageRepository = { ...matching('\\S+'), minLength: 1 };
export const imageTag = matching('\\S*');

const labelValue = matching('(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?', 63);
/** Name of a label or an annotation. */
export const qualifiedName = matching(QUALIFIED);
const mapOf = (names: string, values: JsonSchema): JsonSchema => ({
  type: 'object',
  patternProperties: { [`^${names}$`]: values },
  additionalProperties: false,
});
export const labels = mapOf(QUALIFIED, labelValue);
/** The API server reads their keys in lower case. */
export const annotations = mapOf(`(${SUBDOMAIN.replaceAll('a-z', 'A-Za-z')}/)?${PART}`, { type: 'string' });

/** Amounts of resources. The API server also accepts numbers, such as `cpu: 0.5`. */
export const quantities = mapOf(`(cpu|memory|ephemeral-storage|storage|hugepages-[0-9]+[KMGTPE]i|${SUBDOMAIN}/${PART})`, {
  anyOf: [{ type: 'number', minimum: 0 }, matching('\\+?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][-+]?[0-9]+)?')],
});

/** Tolerations: one without a key tolerates all taints, which has to be asked for. */
export const tolerations = (schema: JsonSchema): JsonSchema => ({
  ...schema,
  items: {
    ...schema.items,
    properties: { ...schema.items?.properties, key: matching(`(${QUALIFIED})?`) },
    anyOf: [
      { required: ['key'], properties: { key: { minLength: 1 } } },
      { required: ['operator'], properties: { operator: { enum: ['Exists'] } } },
    ],
  },
});

/** Spread constraints, with the values that the API server accepts. */
export const spreadConstraints = (schema: JsonSchema): JsonSchema => ({
  ...schema,
  items: {
    ...schema.items,
    properties: {
      ...schema.items?.properties,
      maxSkew: wholeNumber(1),
      topologyKey: qualifiedName,
      whenUnsatisfiable: { enum: ['DoNotSchedule', 'ScheduleAnyway'] },
    },
  },
});

const IDS: ReadonlySet<string> = new Set(['runAsUser', 'runAsGroup', 'fsGroup']);

/** A security context, with the bounds of user and group ids. */
export const securityContext = (schema: JsonSchema): JsonSchema => ({
  ...schema,
  properties: Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([name, field]) => [
      name,
      IDS.has(name) ? { ...field, minimum: 0, maximum: INT32 } : field,
    ]),
  ),
});

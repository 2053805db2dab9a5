/** Formats that the API server requires of values which the charts pass on: Helm refuses others with the path of the value. */
import type { JsonSchema } from './json-schema.ts';

export const INT32 = 2_147_483_647;

const LABEL = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';
/** Only a whole name has a maximum length, of 253 characters, which bounds each segment as well. */
const SEGMENT = '[a-z0-9]([-a-z0-9]{0,251}[a-z0-9])?';
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
/** Range of addresses. */
export const addressRange = matching('[0-9a-fA-F:.]+/[0-9]{1,3}');
export const domainName = matching(SUBDOMAIN, 253);

/** Number that the API server stores with 32 bits. */
export const wholeNumber = (minimum: number): JsonSchema => ({ type: 'integer', minimum, maximum: INT32 });
export const portNumber: JsonSchema = { type: 'integer', minimum: 1, maximum: 65535 };
/** Port of a Service on each node. The cluster chooses one for 0 or without a value. */
export const nodePort: JsonSchema = { type: ['integer', 'null'], minimum: 0, maximum: 65535 };
/** Name of a Service's port. */
export const servicePortName = matching(`(${LABEL})?`);
/** Number or name of a container's port. A name has a letter. */
export const targetPort: JsonSchema = {
  anyOf: [portNumber, matching('([a-z0-9]+-)*[0-9]*[a-z][a-z0-9]*(-[a-z0-9]+)*', 15)],
};
export const appProtocol = matching(QUALIFIED);
/** Number or percentage of pods. */
export const podCount: JsonSchema = { anyOf: [wholeNumber(0), matching('(100|[1-9]?[0-9])%'), matching('[0-9]{1,9}')] };
/** Number or percentage of the pods of a rollout: unlike other counts, a number must not be text. */
export const rolloutCount: JsonSchema = { anyOf: [wholeNumber(0), matching('[0-9]{1,9}%')] };
/** Duration of Prometheus. */
export const duration = matching('(0|([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)');

/** From 1 to 65535. */
const PORT = '([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])';
/** Text with a port. */
export const portText = matching(PORT);

const IMAGE_COMPONENT = '[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*';
const IMAGE_HOST = '([a-zA-Z0-9]([-a-zA-Z0-9.]*[a-zA-Z0-9])?|\\[[0-9a-fA-F:]+\\])(:[0-9]+)?';
const IMAGE_NAME = `(${IMAGE_HOST}/)?${IMAGE_COMPONENT}(/${IMAGE_COMPONENT})*`;
const IMAGE_TAG = '[a-zA-Z0-9_][-a-zA-Z0-9_.]{0,127}';
const DIGEST_TYPE = '@[a-zA-Z0-9_+.-]+';
const DIGEST = `${DIGEST_TYPE}:[0-9a-fA-F]{32,}`;

/** An image without its tag. With a digest, the repository ends with `@sha256`, and the tag is the rest. */
export const imageRepository = matching(`${IMAGE_NAME}((:${IMAGE_TAG})?${DIGEST_TYPE})?`);
/** Tag of an image, which may be followed by a digest. */
export const requiredImageTag = matching(`${IMAGE_TAG}(${DIGEST})?`);
export const imageTag = matching(`(${IMAGE_TAG}(${DIGEST})?)?`);
/** A proxy, or nothing. Every user who may read Deployments or Jobs could read a password in it. */
export const optionalProxy = matching(`(([hH][tT][tT][pP][sS]?://)?([-a-zA-Z0-9._]+|\\[[0-9a-fA-F:.]+\\])(:${PORT})?/?)?`);
/** A whole image reference, or nothing. */
export const optionalImage = matching(`(${IMAGE_NAME}(:${IMAGE_TAG})?(${DIGEST})?)?`);

export const labelValue = matching('(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?', 63);
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

/** Amount of a resource. The API server also accepts numbers in pods, such as `cpu: 0.5`. */
export const quantity: JsonSchema = {
  anyOf: [{ type: 'number', minimum: 0 }, matching('\\+?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][-+]?[0-9]+)?')],
};
export const quantities = mapOf(`(cpu|memory|ephemeral-storage|storage|hugepages-[0-9]+[KMGTPE]i|${SUBDOMAIN}/${PART})`, quantity);

/** Tolerations: one without a key tolerates all taints, which has to be asked for. */
export const tolerations = (schema: JsonSchema): JsonSchema => ({
  ...schema,
  items: {
    ...schema.items,
    properties: {
      ...schema.items?.properties,
      key: matching(`(${QUALIFIED})?`),
      value: labelValue,
      operator: { enum: ['', 'Equal', 'Exists'] },
      effect: { enum: ['', 'NoSchedule', 'PreferNoSchedule', 'NoExecute'] },
    },
    allOf: [
      {
        anyOf: [
          { required: ['key'], properties: { key: { minLength: 1 } } },
          { required: ['operator'], properties: { operator: { enum: ['Exists'] } } },
        ],
      },
      { anyOf: [{ properties: { operator: { enum: ['', 'Equal'] } } }, { properties: { value: { maxLength: 0 } } }] },
      {
        anyOf: [
          { properties: { tolerationSeconds: { type: 'null' } } },
          { required: ['effect'], properties: { effect: { enum: ['NoExecute'] } } },
        ],
      },
    ],
  },
});

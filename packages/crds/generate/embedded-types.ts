/**
 * Generates TypeScript for the Kubernetes types that the kinds embed: a structural schema and an interface for each, from the
 * OpenAPI documents of an API server.
 */

/** The part of an OpenAPI v3 schema that the API server's documents use. */
interface OpenApiSchema {
  readonly $ref?: string;
  readonly allOf?: readonly OpenApiSchema[];
  readonly oneOf?: readonly OpenApiSchema[];
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, OpenApiSchema>>;
  readonly required?: readonly string[];
  readonly items?: OpenApiSchema;
  readonly additionalProperties?: OpenApiSchema;
  readonly enum?: readonly string[];
  readonly [extension: `x-kubernetes-${string}`]: unknown;
}

/** An OpenAPI v3 document as served under `/openapi/v3/…`. */
export interface OpenApiDocument {
  readonly components: { readonly schemas: Readonly<Record<string, OpenApiSchema>> };
}

/** Definitions that our kinds embed; whatever they refer to comes with them. */
const EMBEDDED = [
  'io.k8s.api.apps.v1.DeploymentStrategy',
  'io.k8s.api.core.v1.Affinity',
  'io.k8s.api.core.v1.Container',
  'io.k8s.api.core.v1.EnvFromSource',
  'io.k8s.api.core.v1.EnvVar',
  'io.k8s.api.core.v1.HostAlias',
  'io.k8s.api.core.v1.Lifecycle',
  'io.k8s.api.core.v1.PersistentVolumeClaimSpec',
  'io.k8s.api.core.v1.PodDNSConfig',
  'io.k8s.api.core.v1.PodSecurityContext',
  'io.k8s.api.core.v1.Probe',
  'io.k8s.api.core.v1.ResourceRequirements',
  'io.k8s.api.core.v1.SecurityContext',
  'io.k8s.api.core.v1.Toleration',
  'io.k8s.api.core.v1.TopologySpreadConstraint',
  'io.k8s.api.core.v1.Volume',
  'io.k8s.api.core.v1.VolumeMount',
] as const;

/**
 * Fields that are optional in the published schema, for compatibility with old manifests, but that the API server
 * requires. Required here, the error appears at `kubectl apply`.
 */
const REQUIRED_IN_TRUTH: Readonly<Record<string, readonly string[]>> = {
  ConfigMapKeySelector: ['name'],
  SecretKeySelector: ['name'],
};

/** Scalars with their own marshalling: each is a union, not an interface. */
const SCALARS: Readonly<Record<string, { readonly schema: object; readonly type: string; readonly summary: string }>> = {
  Quantity: {
    schema: {
      anyOf: [{ type: 'integer' }, { type: 'string' }],
      // The pattern that controller-gen gives quantities: the API server has no format for them.
      pattern: '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$',
      'x-kubernetes-int-or-string': true,
    },
    type: 'string | number',
    summary: 'A fixed-point number with a suffix, e.g. `500m` or `1Gi`.',
  },
  IntOrString: {
    // The API server stores 32 bits. Its own refusal of a larger number would not name the field.
    schema: { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true, maximum: 2_147_483_647 },
    type: 'number | string',
    summary: 'A number, or a name or percentage.',
  },
  // The fields of a claim template that users set; the server sets the rest.
  ObjectMeta: {
    schema: {
      type: 'object',
      properties: Object.fromEntries(
        ['annotations', 'labels'].map((name) => [
          name,
          { type: 'object', description: `The ${name} of the object.`, additionalProperties: { type: 'string' } },
        ]),
      ),
    },
    type: '{ readonly annotations?: Readonly<Record<string, string>>; readonly labels?: Readonly<Record<string, string>> }',
    summary: 'Labels and annotations of an object that is made from a template.',
  },
};

/** The keys of a list of type `map` must be required or have a default. */
const KEY_DEFAULTS: Readonly<Record<string, Readonly<Record<string, string>>>> = { ContainerPort: { protocol: 'TCP' } };

const shortName = (reference: string): string => reference.slice(reference.lastIndexOf('.') + 1);

/** Longest embedded description: with whole ones a definition would pass what `kubectl apply` can store. */
const DESCRIPTION_LIMIT = 400;

/** The first sentences on one line: at least one, and as many as the limit takes. */
function firstSentences(text: string | undefined): string | undefined {
  const line = text
    ?.replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?Possible enum values:.*$/g, '')
    .replaceAll(/ ?More info: \S+/g, '')
    .trim();
  if (line === undefined || line === '') return undefined;
  const sentences = line.split(/(?<=(?<!\b(?:e\.g|i\.e|etc|vs|cf))\.\)?)\s+(?=[A-Z])/);
  let kept = sentences[0] ?? '';
  for (const sentence of sentences.slice(1)) {
    if (kept.length + 1 + sentence.length > DESCRIPTION_LIMIT) break;
    kept += ` ${sentence}`;
  }
  return kept;
}

/** Reference in a property's schema, if it has one; the property keeps its own description. */
function referenceIn(schema: OpenApiSchema): string | undefined {
  return schema.$ref ?? (schema.allOf?.length === 1 ? schema.allOf[0]?.$ref : undefined);
}

/** The extensions that a CustomResourceDefinition may hold too. */
const KEPT_EXTENSIONS = ['x-kubernetes-list-type', 'x-kubernetes-list-map-keys', 'x-kubernetes-map-type'] as const;

interface Definition {
  readonly name: string;
  readonly schema: OpenApiSchema;
}

/** All definitions that `roots` need, each after those it refers to. */
function definitionsInOrder(documents: readonly OpenApiDocument[], roots: readonly string[]): Definition[] {
  const ordered: Definition[] = [];
  const state = new Map<string, 'open' | 'done'>();

  function visit(reference: string): void {
    const name = shortName(reference);
    if (SCALARS[name] !== undefined || state.get(name) === 'done') return;
    if (state.get(name) === 'open') throw new Error(`${name} contains itself: a CustomResourceDefinition cannot hold it`);
    state.set(name, 'open');
    const full = reference.replace('#/components/schemas/', '');
    const schema = documents.map((document) => document.components.schemas[full]).find((found) => found !== undefined);
    if (schema === undefined) throw new Error(`the API server's OpenAPI documents hold no ${full}`);
    for (const child of references(schema)) visit(child);
    state.set(name, 'done');
    ordered.push({ name, schema });
  }

  for (const root of roots) visit(root);
  return ordered;
}

function* references(schema: OpenApiSchema): Generator<string> {
  const reference = referenceIn(schema);
  if (reference !== undefined) yield reference;
  for (const property of Object.values(schema.properties ?? {})) yield* references(property);
  if (schema.items) yield* references(schema.items);
  if (schema.additionalProperties) yield* references(schema.additionalProperties);
}

/** Defaults are left out: in these types they are Go's zero values, which would hide that a field was not given. */
function schemaExpression(schema: OpenApiSchema, definition?: string): string {
  const reference = referenceIn(schema);
  const description = firstSentences(schema.description);
  if (reference !== undefined) {
    const name = constantName(shortName(reference));
    return description === undefined ? name : `{ ...${name}, description: ${JSON.stringify(description)} }`;
  }
  if (schema.oneOf !== undefined || schema.type === undefined) {
    throw new Error(`no structural schema for ${JSON.stringify(schema).slice(0, 200)}`);
  }
  const required = requiredOf(schema, definition);
  const properties = Object.entries(schema.properties ?? {}).map(
    ([name, property]) => `${JSON.stringify(name)}: ${withDefault(schemaExpression(property), KEY_DEFAULTS[definition ?? '']?.[name])}`,
  );
  const entries = [
    ...literals({ type: schema.type, description, format: schema.format, enum: schema.enum }),
    ...(required.length === 0 ? [] : literals({ required })),
    ...(schema.properties === undefined ? [] : [`properties: {\n${properties.join(',\n')} }`]),
    ...(schema.items === undefined ? [] : [`items: ${schemaExpression(schema.items)}`]),
    ...(schema.additionalProperties === undefined ? [] : [`additionalProperties: ${schemaExpression(schema.additionalProperties)}`]),
    ...keptExtensions(schema),
  ];
  return `{ ${entries.join(', ')} }`;
}

function requiredOf(schema: OpenApiSchema, definition = ''): string[] {
  return [...(schema.required ?? []), ...(REQUIRED_IN_TRUTH[definition] ?? [])].toSorted();
}

function keptExtensions(schema: OpenApiSchema): string[] {
  return KEPT_EXTENSIONS.flatMap((extension) =>
    schema[extension] === undefined ? [] : [`${JSON.stringify(extension)}: ${JSON.stringify(schema[extension])}`],
  );
}

/** `key: value` for each value that is defined. */
function literals(values: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [`${key}: ${JSON.stringify(value)}`]));
}

const withDefault = (expression: string, value: string | undefined): string =>
  value === undefined ? expression : `{ ...${expression}, default: ${JSON.stringify(value)} }`;

const constantName = (name: string): string =>
  `${name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '_').toUpperCase()}_SCHEMA`;

function typeExpression(schema: OpenApiSchema): string {
  const reference = referenceIn(schema);
  if (reference !== undefined) return shortName(reference);
  if (schema.enum !== undefined) return schema.enum.map((value) => `'${value}'`).join(' | ');
  if (schema.items !== undefined) {
    const item = typeExpression(schema.items);
    return `readonly ${item.includes('|') ? `(${item})` : item}[]`;
  }
  if (schema.additionalProperties !== undefined) return `Readonly<Record<string, ${typeExpression(schema.additionalProperties)}>>`;
  if (schema.type === 'string' || schema.type === 'boolean') return schema.type;
  if (schema.type === 'integer' || schema.type === 'number') return 'number';
  throw new Error(`no TypeScript type for ${JSON.stringify(schema).slice(0, 200)}`);
}

const documentation = (text: string | undefined, indent: string): string =>
  text === undefined ? '' : `${indent}/** ${text.replaceAll('*/', '*\u200b/')} */\n`;

function interfaceDeclaration({ name, schema }: Definition): string {
  const required = new Set([...(schema.required ?? []), ...(REQUIRED_IN_TRUTH[name] ?? [])]);
  const properties = Object.entries(schema.properties ?? {}).map(
    ([property, propertySchema]) =>
      `${documentation(firstSentences(propertySchema.description), '  ')}  readonly ${property}${required.has(property) ? '' : '?'}: ${typeExpression(propertySchema)};\n`,
  );
  return `${documentation(firstSentences(schema.description), '')}export interface ${name} {\n${properties.join('')}}\n`;
}

const HEADER = (version: string): string =>
  `// Generated by \`npm run generate:kubernetes -w packages/crds\` from the OpenAPI documents of Kubernetes ${version}. Do not edit.\n`;

/**
 * The two source files that hold what our kinds embed of Kubernetes.
 *
 * @param documents `/openapi/v3/api/v1` and `/openapi/v3/apis/apps/v1` of an API server.
 * @param version its version, e.g. `v1.37.2`.
 * @throws Error when a definition is missing, recursive, or has no structural schema.
 */
export function embeddedTypes(
  documents: readonly OpenApiDocument[],
  version: string,
): { readonly schemas: string; readonly types: string } {
  const definitions = definitionsInOrder(documents, EMBEDDED);
  const scalars = Object.entries(SCALARS);
  return {
    schemas: [
      HEADER(version),
      `import type { StructuralSchema } from '../schema/structural-schema.ts';\n`,
      ...scalars.map(([name, scalar]) => `export const ${constantName(name)}: StructuralSchema = ${JSON.stringify(scalar.schema)};\n`),
      ...definitions.map(({ name, schema }) => {
        const exported = EMBEDDED.some((root) => shortName(root) === name) ? 'export ' : '';
        return `${exported}const ${constantName(name)}: StructuralSchema = ${schemaExpression(schema, name)};\n`;
      }),
    ].join('\n'),
    types: [
      HEADER(version),
      ...scalars.map(([name, scalar]) => `${documentation(scalar.summary, '')}export type ${name} = ${scalar.type};\n`),
      ...definitions.map(interfaceDeclaration),
    ].join('\n'),
  };
}

/** Renders the reference page of a kind. */
import { API_GROUP_VERSION, CATEGORY, defined, PLURALS, SHORT_NAMES } from '@eeveebot/contract';
import { structuralSchema } from './custom-resource-definition.ts';
import { EVENTS } from './events.ts';
import type { KindDefinition } from './kinds.ts';
import type { ConditionReasons, Progress } from './reasons/index.ts';
import type { StructuralSchema, ValidationRule } from './schema/structural-schema.ts';

/** Full descriptions of the embedded Kubernetes types. */
const KUBERNETES_REFERENCE = 'https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.37/';

interface Field {
  readonly path: string;
  readonly schema: StructuralSchema;
  readonly required: boolean;
  /** Name of the Kubernetes type, whose fields are described in the Kubernetes reference. */
  readonly kubernetesType?: string;
}

/** The typebox object has marks that the structural schema lacks; both have the same shape. */
type Marked = StructuralSchema & { readonly '~kubernetesType'?: string };

/** The fields of an object, each before those in it. */
function* fieldsOf(schema: StructuralSchema, marked: Marked, prefix = ''): Generator<Field> {
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    const markedChild: Marked = marked.properties?.[name] ?? {};
    const kubernetesType = markedChild['~kubernetesType'];
    const path = `${prefix}${name}`;
    yield {
      path,
      schema: child,
      required: schema.required?.includes(name) ?? false,
      ...defined({ kubernetesType }),
    };
    if (kubernetesType !== undefined) continue;
    yield* fieldsBelow(child, markedChild, path);
  }
}

/** The fields of an object, or of the entries of a list of objects. */
function* fieldsBelow(schema: StructuralSchema, marked: Marked, path: string): Generator<Field> {
  if (schema.type === 'object') yield* fieldsOf(schema, marked, `${path}.`);
  if (schema.items?.type === 'object') yield* fieldsOf(schema.items, marked.items ?? {}, `${path}[].`);
}

/** Condition that is True, besides `Ready`, for each progress. */
const PROGRESS_CONDITION: Readonly<Record<Progress, string>> = {
  settled: '',
  reconciling: '`Reconciling`',
  waiting: '',
  stalled: '`Stalled`',
};

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('*', '\\*');

function kubernetesLink(kubernetesType: string): string {
  const version = kubernetesType === 'DeploymentStrategy' ? 'v1-apps' : 'v1-core';
  return `[${kubernetesType}](${KUBERNETES_REFERENCE}#${kubernetesType.toLowerCase()}-${version})`;
}

function typeName({ schema, kubernetesType }: Pick<Field, 'schema' | 'kubernetesType'>): string {
  if (kubernetesType !== undefined) return `${schema.type === 'array' ? 'list of ' : ''}${kubernetesLink(kubernetesType)}`;
  if (schema['x-kubernetes-int-or-string']) return 'quantity';
  if (schema.items) return `list of ${typeName({ schema: schema.items })}s`;
  if (schema.additionalProperties) return `map of ${typeName({ schema: schema.additionalProperties })}s`;
  if (schema.format === 'date-time') return 'time';
  return schema.type ?? 'any';
}

/** Sentences that describe the values of a field. */
function allowed(schema: StructuralSchema): string[] {
  const { minimum, maximum } = schema;
  const said: string[] = [];
  if (schema.enum) said.push(`One of ${schema.enum.map((value) => `\`${value}\``).join(', ')}.`);
  if (minimum !== undefined && maximum !== undefined) said.push(`From ${minimum} to ${maximum}.`);
  else if (minimum !== undefined) said.push(`At least ${minimum}.`);
  if (schema.maxLength !== undefined && schema.type === 'string') said.push(`At most ${schema.maxLength} characters.`);
  if (schema.maxItems !== undefined) said.push(`At most ${schema.maxItems} entries.`);
  if (schema.maxProperties !== undefined) said.push(`At most ${schema.maxProperties} entries.`);
  return [...said, ...ruleSentences(schema['x-kubernetes-validations'])];
}

/** In the API server's error a rule's message follows the name of the field; here it does too, or begins with "Must …". */
function ruleSentences(rules: readonly ValidationRule[] = []): string[] {
  return rules.map(({ message, fieldPath }) => {
    if (!message.startsWith('must ')) return `${message}.`;
    return fieldPath === undefined ? `M${message.slice(1)}.` : `\`${fieldPath.slice(1)}\` ${message}.`;
  });
}

function specRow(field: Field): string {
  const type = `${typeName(field)}${field.required ? ', **required**' : ''}`;
  const fallback = field.schema.default === undefined ? '' : `\`${JSON.stringify(field.schema.default).replaceAll(/^"|"$/g, '')}\``;
  const words = [field.schema.description ?? '', ...allowed(field.schema)].filter((part) => part !== '').map(cell);
  return `| \`${field.path}\` | ${type} | ${fallback} | ${words.join('<br>')} |`;
}

const statusRow = (field: Field): string => `| \`${field.path}\` | ${typeName(field)} | ${cell(field.schema.description ?? '')} |`;

const lines = (...parts: readonly (string | readonly string[])[]): string => parts.flat().join('\n');

const reasonRows = (reasons: ConditionReasons = {}): readonly string[] =>
  Object.keys(reasons).length === 0
    ? []
    : [
        '',
        '| reason | status | when |',
        '|---|---|---|',
        ...Object.entries(reasons).map(([reason, { status, when }]) => `| \`${reason}\` | ${status} | ${cell(when)} |`),
      ];

/** The events of a kind: of its own, and those with a reason of `Ready` that calls for action. */
function eventTable({ kind, reasons }: KindDefinition): readonly string[] {
  const ofReady = Object.entries(reasons).filter(([, { worrying }]) => worrying);
  return [
    '',
    '## Events',
    '',
    '| reason | type | when |',
    '|---|---|---|',
    ...EVENTS[kind].map(({ reason, type, when }) => `| \`${reason}\` | ${type} | ${cell(when)} |`),
    ...ofReady.map(
      ([reason, { status }]) => `| \`${reason}\` | ${status === 'Unknown' ? 'Normal' : 'Warning'} | \`Ready\` got this reason. |`,
    ),
  ];
}

const list = (title: string, entries: readonly string[]): string[] =>
  entries.length === 0 ? [] : ['', `## ${title}`, '', ...entries.map((entry) => `- ${entry}`)];

/**
 * The reference page of one kind, in Markdown.
 *
 * @param example a manifest of the kind, in YAML.
 */
export function referencePage(definition: KindDefinition, example: string): string {
  const { kind } = definition;
  const spec = structuralSchema(definition.spec);
  const status = structuralSchema(definition.status);
  return `${lines(
    '<!-- Generated from packages/crds by `npm run generate`. Do not edit. -->',
    `# ${kind}`,
    '',
    definition.description,
    '',
    `\`apiVersion: ${API_GROUP_VERSION}\`, namespaced. \`kubectl get ${PLURALS[kind]}\`, or \`${SHORT_NAMES[kind]}\` for short; \`kubectl get ${CATEGORY}\` lists all kinds.`,
    '',
    '```yaml',
    example.trim(),
    '```',
    '',
    '## spec',
    '',
    '| field | type | default | meaning |',
    '|---|---|---|---|',
    [...fieldsOf(spec, definition.spec as Marked)].map(specRow),
    list('Rules', [...ruleSentences(spec['x-kubernetes-validations']), ...ruleSentences(definition.rules)].map(cell)),
    '',
    '## status',
    '',
    '| field | type | meaning |',
    '|---|---|---|',
    [...fieldsOf(status, definition.status as Marked)].map(statusRow),
    '',
    '## Conditions',
    '',
    '`Ready` is present once the operator has processed the resource. Its reasons:',
    '',
    '| reason | status | also True | when | what to do |',
    '|---|---|---|---|---|',
    Object.entries(definition.reasons).map(
      ([reason, { status: holds, progress, when, fix }]) =>
        `| \`${reason}\` | ${holds} | ${PROGRESS_CONDITION[progress]} | ${cell(when)} | ${cell(fix)} |`,
    ),
    definition.otherConditions.flatMap(({ type, meaning, reasons }) => ['', `\`${type}\`: ${meaning}`, ...reasonRows(reasons)]),
    eventTable(definition),
    list(
      'Annotations',
      definition.annotations.map(({ key, meaning }) => `\`${key}\`: ${meaning}`),
    ),
  )}\n`;
}

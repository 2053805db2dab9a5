/** Builds the CustomResourceDefinition of a kind. */
import { API_GROUP, API_VERSION, CATEGORY, PLURALS, SHORT_NAMES } from '@eeveebot/contract';
import type { TSchema } from 'typebox';
import { UNSEEN_GENERATION } from './conditions.ts';
import type { KindDefinition, PrinterColumn } from './kinds.ts';
import type { StructuralSchema } from './schema/structural-schema.ts';

/** The part of `apiextensions.k8s.io/v1` that these definitions use. */
export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly scope: 'Namespaced';
    readonly names: {
      readonly kind: string;
      readonly listKind: string;
      readonly plural: string;
      readonly singular: string;
      readonly shortNames: readonly string[];
      readonly categories: readonly string[];
    };
    readonly versions: readonly [
      {
        readonly name: string;
        readonly served: true;
        readonly storage: true;
        readonly schema: { readonly openAPIV3Schema: StructuralSchema };
        readonly subresources: { readonly status: Readonly<Record<string, never>>; readonly scale?: NonNullable<KindDefinition['scale']> };
        readonly additionalPrinterColumns: readonly PrinterColumn[];
      },
    ];
  };
}

/**
 * A typebox schema in the form that the API server accepts. A field with a default is not in `required`: it is
 * always present when read, but need not be written, and tools that check manifests do not fill it in.
 */
export function structuralSchema(schema: TSchema): StructuralSchema {
  return withoutDefaulted(
    JSON.parse(JSON.stringify(schema, (key, value: unknown) => (key.startsWith('~') ? undefined : value))) as StructuralSchema,
  );
}

function withoutDefaulted(schema: StructuralSchema): StructuralSchema {
  const { required: written, properties, items, additionalProperties, ...rest } = schema;
  const required = written?.filter((name) => properties?.[name]?.default === undefined) ?? [];
  return {
    ...rest,
    ...(required.length > 0 && { required }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, withoutDefaulted(property)])),
    }),
    ...(items && { items: withoutDefaulted(items) }),
    ...(additionalProperties && { additionalProperties: withoutDefaulted(additionalProperties) }),
  };
}

const readyColumn = (name: string, field: 'status' | 'reason' | 'message', description: string): PrinterColumn => ({
  name,
  type: 'string',
  jsonPath: `.status.conditions[?(@.type=="Ready")].${field}`,
  description,
  ...(field === 'message' && { priority: 1 }),
});

/**
 * The definition of one kind, ready for `kubectl apply`.
 *
 * @example
 * KIND_DEFINITIONS.map(customResourceDefinition);
 */
export function customResourceDefinition(definition: KindDefinition): CustomResourceDefinition {
  const { kind } = definition;
  const plural = PLURALS[kind];
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${API_GROUP}` },
    spec: {
      group: API_GROUP,
      scope: 'Namespaced',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames: [SHORT_NAMES[kind]],
        categories: [CATEGORY],
      },
      versions: [
        {
          name: API_VERSION,
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description: definition.description,
              required: ['spec'],
              properties: {
                apiVersion: { type: 'string', description: `${API_GROUP}/${API_VERSION}.` },
                kind: { type: 'string', description: `${kind}.` },
                // Rules over the whole resource may name this field in their errors.
                metadata: { type: 'object', properties: { name: { type: 'string' } } },
                spec: structuralSchema(definition.spec),
                // Otherwise a resource without a status would have no observedGeneration.
                status: { ...structuralSchema(definition.status), default: { observedGeneration: UNSEEN_GENERATION } },
              },
              ...(definition.rules.length > 0 && { 'x-kubernetes-validations': definition.rules }),
            },
          },
          subresources: { status: {}, ...(definition.scale && { scale: definition.scale }) },
          additionalPrinterColumns: [
            readyColumn('Ready', 'status', 'Whether the resource is ready.'),
            readyColumn('Reason', 'reason', 'Reason for the state, one word.'),
            ...definition.columns,
            readyColumn('Message', 'message', 'Explanation of the state.'),
            { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Age of the resource.' },
          ],
        },
      ],
    },
  };
}

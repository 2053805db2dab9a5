/**
 * Fields that several kinds have, and the rules that go with them. Formats are CEL rules rather than
 * patterns: a rule's message can say what to write instead, a pattern's can only show the expression.
 */
import { Type, type TSchema, type TSchemaOptions } from 'typebox';
import type { Quantity } from './generated/kubernetes-types.ts';
import { QUANTITY_SCHEMA } from './generated/kubernetes-schemas.ts';
import type { StructuralSchema, ValidationRule } from './schema/structural-schema.ts';

/** Rules of one schema, in the form its options take. */
export const rules = (...validations: readonly ValidationRule[]): { readonly 'x-kubernetes-validations': readonly ValidationRule[] } => ({
  'x-kubernetes-validations': validations,
});

/** A CEL string literal, raw so that an expression's backslashes stay as they are. */
const regexLiteral = (expression: string): string => `r'${expression}'`;

const DNS_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const DNS_SUBDOMAIN = `^${DNS_LABEL}([.]${DNS_LABEL})*$`;

const nameRule: ValidationRule = {
  rule: `self.matches(${regexLiteral(DNS_SUBDOMAIN)})`,
  message: "must be the name of an object: lower-case letters, digits, '-' and '.', starting and ending with a letter or digit",
};

/** Name of another object in the same namespace. */
export const objectName = (description: string, options: TSchemaOptions = {}) =>
  Type.String({ description, maxLength: 253, ...rules(nameRule), ...options });

/** An object that only names another, `{name}`. */
export const objectReference = (description: string, kind: string) =>
  Type.Object({ name: objectName(`Name of the ${kind}, in this namespace.`) }, { description });

/** A Secret, `{name, namespace?}`. */
export const secretReference = (description: string) =>
  Type.Object(
    {
      name: objectName('Name of the Secret.'),
      namespace: Type.Optional(
        objectName(
          'Namespace of the Secret. Default, and only permitted value: the namespace of this resource. Other values are rejected with reason InvalidSpec.',
        ),
      ),
    },
    { description },
  );

/** Key in the `data` of a Secret or ConfigMap. */
export const dataKey = (description: string, options: TSchemaOptions = {}) =>
  Type.String({
    description,
    maxLength: 253,
    ...rules({
      rule: `self.matches(${regexLiteral('^[-._a-zA-Z0-9]+$')})`,
      message: "must be a key of the object's data: letters, digits, '-', '_' and '.'",
    }),
    ...options,
  });

/** One key of a Secret, `{secret{name, namespace?}, key}`. */
export const secretKeyReference = (description: string, keyOptions: TSchemaOptions = {}) =>
  Type.Object({ secret: secretReference('The Secret.'), key: dataKey("Key in the Secret's data.", keyOptions) }, { description });

const IMAGE_HOST = '([a-zA-Z0-9]([-a-zA-Z0-9.]*[a-zA-Z0-9])?|\\[[0-9a-fA-F:]+\\])(:[0-9]+)?/';
const IMAGE_COMPONENT = '[a-z0-9]+(([.]|_|__|-+)[a-z0-9]+)*';

/** A container image. Checked here because the kubelet's error (`InvalidImageName`) appears only after a pod exists. */
export const image = (description: string) =>
  Type.String({
    description,
    maxLength: 512,
    ...rules({
      rule: `self.matches(${regexLiteral(
        `^(${IMAGE_HOST})?${IMAGE_COMPONENT}(/${IMAGE_COMPONENT})*(:[a-zA-Z0-9_][-a-zA-Z0-9_.]{0,127})?(@[a-zA-Z0-9_+.-]+:[0-9a-fA-F]{32,})?$`,
      )})`,
      message:
        'must be an image reference such as team/echo:1.2.3: a lower-case name, then a :tag or an @digest, no https:// and no spaces',
    }),
  });

/** When the kubelet pulls an image. */
export type ImagePullPolicy = 'Always' | 'IfNotPresent' | 'Never';

export const imagePullPolicy = (description: string, options: TSchemaOptions = {}) =>
  Type.Unsafe<ImagePullPolicy>({ type: 'string', enum: ['Always', 'IfNotPresent', 'Never'], description, ...options });

/**
 * Schema of a quantity without its usual pattern, whose error message is unreadable.
 * The maximum length bounds the cost of the rules.
 */
const { pattern: _, ...UNCHECKED_QUANTITY } = QUANTITY_SCHEMA;

/** One value of `requests` or `limits`. */
export const QUANTITY_VALUE: StructuralSchema = {
  ...UNCHECKED_QUANTITY,
  maxLength: 32,
  ...rules({
    rule: "isQuantity(string(self)) && quantity(string(self)).compareTo(quantity('0')) >= 0",
    message: 'must be a quantity such as 500m, 1 or 1Gi',
  }),
};

/** A size greater than 0, such as `10Gi`. */
export const size = (description: string, options: TSchemaOptions = {}) =>
  Type.Unsafe<Quantity>({
    ...UNCHECKED_QUANTITY,
    description,
    maxLength: 32,
    ...rules({
      rule: "isQuantity(string(self)) && quantity(string(self)).isGreaterThan(quantity('0'))",
      message: 'must be a size greater than 0, such as 1Gi',
    }),
    ...options,
  });

/** A whole number from `minimum` up. */
export const count = (description: string, options: TSchemaOptions & { readonly minimum: number }) =>
  Type.Integer({ description, format: 'int32', ...options });

/** A century: more than 2^31, and far below 2^53, beyond which programs that read JSON as JavaScript does lose digits. */
const MOST_SECONDS = 3_155_760_000;

/** A whole number of seconds; it may exceed 2^31. */
export const seconds = (description: string, options: TSchemaOptions & { readonly minimum: number }) =>
  Type.Integer({ description, format: 'int64', maximum: MOST_SECONDS, ...options });

/** A point in time, RFC 3339. */
export const time = (description: string) => Type.String({ description, format: 'date-time' });

/**
 * An embedded Kubernetes type: its schema and its TypeScript type.
 *
 * @param kubernetesType its name in the Kubernetes API reference, which the reference pages link to. Keys
 *   that begin with `~` stay out of the CustomResourceDefinition.
 */
export const embedded = <T>(
  schema: TSchema,
  about: { readonly kubernetesType: string; readonly description: string },
  options: TSchemaOptions = {},
) => Type.Unsafe<T>({ ...schema, description: about.description, '~kubernetesType': about.kubernetesType, ...options });

/** Identity of one backup. */
export const backupId = (description: string) =>
  Type.String({
    description,
    maxLength: 36,
    ...rules({
      rule: `self.matches(${regexLiteral('^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$')})`,
      message:
        'must be the UUID of a backup, such as 0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d (its file name in the bucket without the extension); remove it to use the newest backup',
    }),
  });

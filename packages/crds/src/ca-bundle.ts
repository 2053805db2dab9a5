import { Type, type Static } from 'typebox';
import { dataKey, objectReference, rules, secretReference } from './fields.ts';
import type { Input, ReadonlyDeep } from './resource.ts';

const CA_BUNDLE_KEY = 'ca.crt';

/** Certificates of certificate authorities, in a ConfigMap or a Secret. */
export const caBundle = (description: string) =>
  Type.Object(
    {
      configMapKeyRef: Type.Optional(
        Type.Object(
          {
            configMap: objectReference('The ConfigMap.', 'ConfigMap'),
            key: dataKey("Key in the ConfigMap's data.", { default: CA_BUNDLE_KEY }),
          },
          { description: 'A ConfigMap with the certificates.' },
        ),
      ),
      secretKeyRef: Type.Optional(
        Type.Object(
          { secret: secretReference('The Secret.'), key: dataKey("Key in the Secret's data.", { default: CA_BUNDLE_KEY }) },
          { description: 'A Secret with the certificates.' },
        ),
      ),
    },
    {
      description,
      ...rules({
        rule: 'has(self.configMapKeyRef) != has(self.secretKeyRef)',
        message: 'must have exactly one of configMapKeyRef and secretKeyRef',
      }),
    },
  );

type CaBundle = ReadonlyDeep<Static<ReturnType<typeof caBundle>>>;

/** Certificates of authorities as written. */
export interface CaBundleInput {
  readonly configMapKeyRef?: Input<NonNullable<CaBundle['configMapKeyRef']>, 'key'>;
  readonly secretKeyRef?: Input<NonNullable<CaBundle['secretKeyRef']>, 'key'>;
}

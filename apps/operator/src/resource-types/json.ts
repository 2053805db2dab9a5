import type { Quantity } from '@eeveebot/crds';
import type { KubeObject } from '../controller/objects/kube-object.ts';

/** Fields that hold quantities, which the API server also accepts as numbers. */
type QuantityMap = 'limits' | 'requests';
type QuantityField = 'divisor' | 'sizeLimit';

/** JSON form of `T`: times are strings. It is read-only, because cached objects are frozen. */
export type Json<T> = T extends Date
  ? string
  : T extends readonly (infer Element)[]
    ? readonly Json<Element>[]
    : T extends object
      ? {
          readonly [Key in keyof T]: Key extends QuantityMap
            ? Readonly<Record<string, Quantity>>
            : Key extends QuantityField
              ? Quantity
              : Json<T[Key]>;
        }
      : T;

/** An object of a model of the client library, as in the API server's JSON. */
export type ObjectOf<Model> = KubeObject & Omit<Json<Model>, 'apiVersion' | 'kind' | 'metadata'>;

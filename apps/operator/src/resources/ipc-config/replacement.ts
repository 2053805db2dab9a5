import type { Desired } from '../../controller/objects/desired.ts';
import { quantityValue } from '../../pod-building/quantity.ts';
import type { StatefulSet } from '../../resource-types/kubernetes.ts';

type Spec = NonNullable<StatefulSet['spec']>;

/**
 * How to turn a StatefulSet into the desired one, given that the API server refuses changes of all fields of its volumes:
 * - `none`: it can be applied;
 * - `keep-pods`: delete it without its pods, which the new one adopts. Their claims are the same;
 * - `with-pods`: delete it with its pods. The StatefulSet controller cannot add volumes to an existing pod.
 */
export function replacement({ spec }: StatefulSet, desired: Desired<StatefulSet>): 'none' | 'keep-pods' | 'with-pods' {
  const [before, after] = [templatesOf(spec), templatesOf(desired.spec)];
  if (before.length !== after.length) return 'with-pods';
  return JSON.stringify(before) === JSON.stringify(after) ? 'none' : 'keep-pods';
}

/** The claim templates without the fields that the API server defaults. */
const templatesOf = (spec: Spec | undefined): readonly unknown[] =>
  (spec?.volumeClaimTemplates ?? []).map((template) => [
    template.metadata?.name,
    quantityValue(template.spec?.resources?.requests?.['storage'] ?? 0),
    template.spec?.storageClassName,
  ]);

import type { Desired } from '../../controller/types.ts';
import type { StatefulSet } from '../../kubernetes.ts';
import { quantityValue } from '../../workload/quantity.ts';

type Spec = NonNullable<StatefulSet['spec']>;

/**
 * How a StatefulSet becomes the desired one where the API server refuses the change, which it does for all fields of its volumes:
 * - `none`: it can be applied as it is;
 * - `keep-pods`: deleted without its pods, which the new one adopts. Their claims are the same;
 * - `with-pods`: deleted with its pods. The controller of StatefulSets cannot give a pod volumes that it was made without.
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

import { API_GROUP, ANNOTATION } from '@eeveebot/contract';
import type { KubeObject, ObjectMeta } from '../controller/objects/kube-object.ts';

/** Prefix of every object of a module or of NATS, in all releases, and suffix of the CronJob of every backup. */
const OWN_PREFIX = 'eevee-';
const BACKUP_SUFFIX = '-backup';

/** Part of the names of our labels and annotations, and of the values of those of former releases. */
const MARK = API_GROUP;
const PART_OF = 'app.kubernetes.io/part-of';

/**
 * Whether an object may have been made for one of our resources, by this release or a former one. When in doubt, it returns true. For
 * all other objects it is sufficient to know that they exist.
 *
 * @example
 * concernsEevee({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'shop' } }); // false
 */
export function concernsEevee({ metadata }: KubeObject): boolean {
  const { name, labels = {}, annotations = {}, ownerReferences = [] } = metadata;
  return (
    name.startsWith(OWN_PREFIX) ||
    name.endsWith(BACKUP_SUFFIX) ||
    ANNOTATION.applied in annotations ||
    isMarked(labels) ||
    isMarked(annotations) ||
    ownerReferences.some(({ apiVersion }) => apiVersion.startsWith(MARK))
  );
}

const isMarked = (values: NonNullable<ObjectMeta['labels']>): boolean =>
  values[PART_OF] === 'eevee' || Object.entries(values).some(([key, value]) => key.includes(MARK) || value === MARK);

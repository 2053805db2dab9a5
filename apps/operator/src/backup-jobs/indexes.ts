import { LABEL } from '@eeveebot/contract';
import type { KubeObject } from '../controller/objects/kube-object.ts';

/** Index of Jobs and pods by the module they were made for. */
export const BY_MODULE = 'module';

/** Indexes an object by the module that its label names: `namespace/label`. */
export function byModuleLabel({ metadata }: KubeObject): readonly string[] {
  const label = metadata.labels?.[LABEL.module];
  return label === undefined ? [] : [`${metadata.namespace ?? ''}/${label}`];
}

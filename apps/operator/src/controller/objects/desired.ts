import type { KubeObject, ObjectMeta } from './kube-object.ts';

/** An object to apply: everything except the fields that the server sets. */
export type Desired<T extends KubeObject> = Omit<T, 'metadata' | 'status'> & {
  readonly metadata: Pick<ObjectMeta, 'name' | 'labels' | 'annotations' | 'ownerReferences'> & { readonly namespace: string };
};

import { type ControlPlane, eventually, startControlPlane } from '@eeveebot/testing';
import { afterAll, beforeAll } from 'vitest';
import { type ConfigMap, defineWidgets } from './widgets.ts';

/** Starts a control plane with the kind Widget for the tests of a file. */
export function useWidgets() {
  let kube: ControlPlane;
  beforeAll(async () => {
    kube = await startControlPlane();
    await defineWidgets(kube);
  });
  afterAll(() => kube.stop());

  const madeFor = (namespace: string, name: string): Promise<ConfigMap> =>
    kube.get<ConfigMap>('configmap', `made-for-${name}`, '-n', namespace);

  return {
    get kube() {
      return kube;
    },
    madeFor,
    untilMade: (namespace: string, name: string, value: string): Promise<ConfigMap> =>
      eventually(async () => {
        const found = await madeFor(namespace, name);
        return found.data?.['value'] === value && found;
      }),
    /** Makes all controllers reconcile all their resources again. */
    async lookAgain(namespace: string): Promise<void> {
      await kube.kubectl(['annotate', 'widget', '--all', '-n', namespace, '--overwrite', `look=${performance.now()}`]);
    },
  };
}

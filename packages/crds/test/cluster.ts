import { binary, startControlPlane } from '@eeveebot/testing';
import { fileURLToPath } from 'node:url';
import { type Kubectl, kubectlFor, output } from './kubectl.ts';

/** Folder of the definitions. */
export const CRDS = fileURLToPath(new URL('../../../crds', import.meta.url));

/** An API server of the test's own, and a kubectl for it. */
export interface Cluster extends AsyncDisposable {
  readonly kubectl: Kubectl;
}

/** Starts etcd and an API server, which decides what a schema means. */
export async function startCluster(): Promise<Cluster> {
  const controlPlane = await startControlPlane({ controllerManager: false });
  return {
    kubectl: kubectlFor([binary('kube'), 'kubectl'], controlPlane.kubeconfig),
    [Symbol.asyncDispose]: () => controlPlane.stop(),
  };
}

/** Applies the definitions with kubectl, and waits until they are served. */
export async function applyDefinitions(kubectl: Kubectl): Promise<void> {
  await output(kubectl(['apply', '-f', CRDS]));
  await output(kubectl(['wait', '--for=condition=Established', '--timeout=30s', '-f', CRDS]));
}

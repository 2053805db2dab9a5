import { binary, startControlPlane } from '@eeveebot/testing';
import { fileURLToPath } from 'node:url';
import { type Kubectl, kubectlFor, output } from './kubectl.ts';

/** Folder of the definitions. */
export const CRDS = fileURLToPath(new URL('../../../crds', import.meta.url));

/** An API server of one's own, and a shell that talks to it. */
export interface Cluster extends AsyncDisposable {
  readonly kubectl: Kubectl;
}

/** Starts etcd and an API server: what a schema means is decided there. */
export async function startCluster(): Promise<Cluster> {
  const controlPlane = await startControlPlane({ controllerManager: false });
  return {
    kubectl: kubectlFor([binary('kube'), 'kubectl'], controlPlane.kubeconfig),
    [Symbol.asyncDispose]: () => controlPlane.stop(),
  };
}

/** Applies the definitions as a person would, and waits until they are served. */
export async function applyDefinitions(kubectl: Kubectl): Promise<void> {
  await output(kubectl(['apply', '-f', CRDS]));
  await output(kubectl(['wait', '--for=condition=Established', '--timeout=30s', '-f', CRDS]));
}

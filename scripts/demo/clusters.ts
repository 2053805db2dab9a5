import { homedir } from 'node:os';
import { join } from 'node:path';
import { allImages, runKubectl, startNode, type Node } from '@eeveebot/testing';
import type { Steps } from './steps.ts';

/** A cluster that the demo runs in. */
export interface DemoCluster {
  /** Runs kubectl and gives its output. */
  kubectl(args: readonly string[]): Promise<string>;
  /** Kubeconfig and, of a user's own, the context in it. */
  readonly kubeconfig: string;
  readonly context: string | undefined;
  /** Where the bot goes. */
  readonly namespace: string;
  stop(): Promise<void>;
}

/** Brings up a Kubernetes node of the demo's own, with all images in it. */
export async function ownCluster(steps: Steps): Promise<DemoCluster> {
  const images = await steps.run('build the images from their Dockerfiles', () => allImages());
  const node: Node = await steps.run('start a Kubernetes node', () => startNode());
  await steps.run('load the images into the node', async (waitingFor) => {
    for (const image of images) {
      waitingFor(image.split('/').at(-1) ?? image);
      await node.importImage(image);
    }
  });
  return {
    kubectl: (args) => node.kubectl(args),
    kubeconfig: node.kubeconfig,
    context: undefined,
    namespace: 'eevee-bot',
    stop: () => node.stop(),
  };
}

/** A cluster of the user's. It must be able to pull the images; everything goes into one namespace, which is removed at the end. */
export function userCluster(context: string, { keep }: { readonly keep: boolean }): DemoCluster {
  const kubeconfig = process.env['KUBECONFIG'] ?? join(homedir(), '.kube', 'config');
  const kubectl = (args: readonly string[]) => runKubectl(['--context', context, ...args], { kubeconfig });
  const namespace = `eevee-demo-${Date.now().toString(36)}`;
  return {
    kubectl,
    kubeconfig,
    context,
    namespace,
    stop: async () => {
      if (!keep) await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
    },
  };
}

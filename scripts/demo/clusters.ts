import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { allImages, binary, runKubectl, startNode, type Node } from '@eeveebot/testing';
import type { Steps } from './steps.ts';

/** A cluster that the demo runs in. */
export interface DemoCluster {
  /** Runs kubectl and gives its output. */
  kubectl(args: readonly string[], options?: { readonly input?: string }): Promise<string>;
  /** Kubeconfig and, for a cluster of the user, the context in it. */
  readonly kubeconfig: string;
  readonly context: string | undefined;
  /** Namespace of the bot. */
  readonly namespace: string;
  /** Imports an OCI archive where the kubelet finds it. A cluster of the user pulls its images. */
  importImage?(archive: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a Kubernetes node for the demo, with all images in it. */
export async function ownCluster(steps: Steps): Promise<DemoCluster> {
  const images = await steps.run('build the images from their Dockerfiles', () => allImages());
  const node: Node = await steps.run('start a Kubernetes node', () => startNode());
  try {
    await steps.run('load the images into the node', async (waitingFor) => {
      for (const image of images) {
        waitingFor(image.split('/').at(-1) ?? image);
        await node.importImage(image);
      }
    });
  } catch (error) {
    await node.stop();
    throw error;
  }
  return {
    kubectl: (args, options) => node.kubectl(args, options),
    kubeconfig: node.kubeconfig,
    context: undefined,
    namespace: 'eevee-bot',
    importImage: (archive) => node.importImage(archive),
    stop: () => node.stop(),
  };
}

/**
 * A cluster of the user. It must be able to pull the images; all objects are in one namespace, which is removed at the end.
 *
 * @throws Error when no kubeconfig has the context.
 */
export async function userCluster(context: string, { keep }: { readonly keep: boolean }): Promise<DemoCluster> {
  const content = await contextAlone(context);
  const folder = await mkdtemp(join(tmpdir(), 'eevee-demo-'));
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, content, { mode: 0o600 });
  const namespace = `eevee-demo-${Date.now().toString(36)}`;
  const kubectl: DemoCluster['kubectl'] = (args, options) => runKubectl(args, { ...options, kubeconfig });
  return {
    kubectl,
    kubeconfig,
    context,
    namespace,
    stop: async () => {
      try {
        if (!keep) await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

/** An error whose message is complete for the user, without a stack. */
class DemoError extends Error {
  override readonly name = 'DemoError';
}

/** Exports the context to a separate kubeconfig: the user may have several files with several contexts. */
async function contextAlone(context: string): Promise<string> {
  const view = ['kubectl', 'config', 'view', '--raw', '--flatten', '--minify', '--context', context];
  try {
    const { stdout } = await promisify(execFile)(binary('kube'), view);
    return stdout;
  } catch (error) {
    const looked = process.env['KUBECONFIG'] ?? '~/.kube/config';
    // kubectl's own message says the same.
    if (error instanceof Error && 'code' in error && typeof error.code === 'number') {
      throw new DemoError(
        `there is no context ${JSON.stringify(context)} in ${looked}: \`kubectl config get-contexts\` lists those there are`,
      );
    }
    throw error;
  }
}

import { spawn } from 'node:child_process';
import { binary } from '../binaries.ts';

/** How a Service is reached: through a kubeconfig and, where it has several, one of its contexts. */
export interface ReachableCluster {
  readonly kubeconfig: string;
  readonly context: string | undefined;
  readonly namespace: string;
}

/**
 * Forwards a free port of loopback to a Service for as long as `use` runs.
 *
 * @throws Error with kubectl's own words when it cannot be forwarded.
 */
export async function withForwardedPort<T>(
  cluster: ReachableCluster,
  { service, port }: { readonly service: string; readonly port: number },
  use: (host: string) => Promise<T>,
): Promise<T> {
  const context = cluster.context === undefined ? [] : ['--context', cluster.context];
  const args = [
    'kubectl',
    '--kubeconfig',
    cluster.kubeconfig,
    ...context,
    'port-forward',
    '-n',
    cluster.namespace,
    `service/${service}`,
    `:${port}`,
  ];
  const child = spawn(binary('kube'), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    const localPort = await new Promise<string>((resolve, reject) => {
      let errors = '';
      child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
      child.stdout.on('data', (chunk: Buffer) => {
        const [, forwarded] = /127\.0\.0\.1:(\d+)/.exec(chunk.toString()) ?? [];
        if (forwarded !== undefined) resolve(forwarded);
      });
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`kubectl port-forward ended: ${errors.trim()}`)));
    });
    return await use(`127.0.0.1:${localPort}`);
  } finally {
    child.kill();
  }
}

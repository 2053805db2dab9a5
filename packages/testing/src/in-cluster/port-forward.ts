import { spawn } from 'node:child_process';
import { binary } from '../programs/binaries.ts';

/** How a Service is reached: through a kubeconfig and, where it has several, one of its contexts. */
export interface ReachableCluster {
  readonly kubeconfig: string;
  readonly context?: string | undefined;
  readonly namespace: string;
}

/** A Service and its port. */
export interface ServicePort {
  readonly service: string;
  readonly port: number;
}

/** A port of loopback that forwards to a Service until it is disposed of. */
export interface PortForward extends AsyncDisposable {
  readonly port: number;
  /** Address and port, such as `127.0.0.1:40123`. */
  readonly host: string;
}

/**
 * Forwards a free port of loopback to a Service.
 *
 * @throws Error with kubectl's own words when it cannot be forwarded.
 * @example
 * await using irc = await forwardPort(cluster, { service: 'demo-irc', port: 6667 });
 * await using fox = await joinIrc({ port: irc.port, nick: 'fox' });
 */
export async function forwardPort({ kubeconfig, context, namespace }: ReachableCluster, to: ServicePort): Promise<PortForward> {
  const where = ['--kubeconfig', kubeconfig, ...(context === undefined ? [] : ['--context', context]), '-n', namespace];
  const child = spawn(binary('kube'), ['kubectl', ...where, 'port-forward', `service/${to.service}`, `:${to.port}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  // The forward must not outlive a process that exits without disposing of it.
  const kill = (): void => void child.kill();
  process.once('exit', kill);
  const end = async (): Promise<void> => {
    process.off('exit', kill);
    kill();
    await ended;
  };
  try {
    const port = await new Promise<number>((resolve, reject) => {
      let errors = '';
      child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
      child.stdout.on('data', (chunk: Buffer) => {
        const [, forwarded] = /127\.0\.0\.1:(\d+)/.exec(chunk.toString()) ?? [];
        if (forwarded !== undefined) resolve(Number(forwarded));
      });
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`kubectl port-forward ended: ${errors.trim()}`)));
    });
    return { port, host: `127.0.0.1:${port}`, [Symbol.asyncDispose]: end };
  } catch (error) {
    process.off('exit', kill);
    throw error;
  }
}

/** Forwards a free port of loopback to a Service for as long as `use` runs. @throws as {@link forwardPort}. */
export async function withForwardedPort<T>(cluster: ReachableCluster, to: ServicePort, use: (host: string) => Promise<T>): Promise<T> {
  await using forward = await forwardPort(cluster, to);
  return await use(forward.host);
}

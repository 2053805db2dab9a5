import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, type ControlPlane } from '@eeveebot/testing';
import { ApiServerProxy } from './controller/api-server-proxy.ts';
import { OperatorProcess } from './operator-process.ts';
import { startOperator } from './running-operator.ts';

/** Requests around the kill of an operator. */
export interface KilledRun {
  /** Whether there were enough writes to reach the kill. */
  readonly wasKilled: boolean;
  /** `METHOD path status` of each write that the API server carried out, except for events and the Lease. */
  readonly writes: readonly string[];
}

/** Whether a request changes an object other than an event or a Lease. */
export const isWrite = ({ method, url }: { readonly method: string; readonly url: string }): boolean =>
  method !== 'GET' && !['/events', '/leases', 'dryRun='].some((part) => url.includes(part));

/**
 * Runs an operator that is killed (SIGKILL) once the API server has carried out its `step`-th write and before it gets the response, then
 * another one without disturbance, until `done` resolves. Only the first one needs a process of its own.
 *
 * @param given.arriving is awaited before each write is forwarded.
 */
export async function runKilledAt(given: {
  readonly step: number;
  readonly kube: ControlPlane;
  readonly namespace: string;
  arriving(request: { readonly method: string; readonly url: string }): Promise<void>;
  done(): Promise<void>;
}): Promise<KilledRun> {
  const { step, kube, namespace } = given;
  await using proxy = await ApiServerProxy.before(kube.kubeconfig);
  const kubeconfig = join(kube.folder, `${namespace}.proxy.kubeconfig`);
  await writeFile(kubeconfig, JSON.stringify(kubeconfigOf(proxy.url)));
  const writes: string[] = [];
  let wasKilled = false;
  proxy.arriving = (request) => (isWrite(request) ? given.arriving(request) : Promise.resolve());
  const port = String(await freePort());
  await using first = new OperatorProcess({ KUBECONFIG: kubeconfig, NAMESPACE: namespace, HTTP_API_PORT: port, LOG_LEVEL: 'warn' });
  proxy.answered = ({ method, url, status }) => {
    if (!isWrite({ method, url })) return true;
    writes.push(`${method} ${url.split('?')[0] ?? ''} ${status}`);
    if (wasKilled || writes.length !== step) return true;
    wasKilled = true;
    first.kill();
    return false;
  };
  const done = given.done();
  const ended = await Promise.race([first.code().then(() => 'killed' as const), done.then(() => 'done' as const)]);
  if (ended === 'killed') {
    if (!wasKilled) throw new Error(`the operator ended by itself: ${first.output}`);
    await using _ = await startOperator({ kubeconfig: kube.kubeconfig, namespace, server: proxy.url });
    await done;
  }
  return { wasKilled, writes };
}

/** A kubeconfig for a proxy that has the credentials of an API server. */
export const kubeconfigOf = (server: string): object => ({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'proxy',
  contexts: [{ name: 'proxy', context: { cluster: 'proxy', user: 'proxy' } }],
  clusters: [{ name: 'proxy', cluster: { server, 'insecure-skip-tls-verify': true } }],
  users: [{ name: 'proxy', user: {} }],
});

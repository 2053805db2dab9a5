import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startControlPlane, type ControlPlane } from '@eeveebot/testing';
import { Client } from '../../src/controller/api/client.ts';
import { Transport } from '../../src/controller/api/transport.ts';
import { ApiError, ConnectionError, isForbidden, NotLeaderError } from '../../src/controller/errors.ts';
import { ApiServerProxy } from './api-server-proxy.ts';
import { CONFIG_MAP } from './widgets.ts';

let kube: ControlPlane;
let folder: string;
beforeAll(async () => {
  kube = await startControlPlane();
  folder = await mkdtemp(join(tmpdir(), 'eevee-transport-'));
});
afterAll(async () => {
  await kube.stop();
  await rm(folder, { recursive: true, force: true });
});

const signal = AbortSignal.timeout(600_000);
const key = { namespace: 'default', name: 'kube-root-ca.crt' };

/** A token of a new service account that may read ConfigMaps. */
async function newServiceAccountToken(name: string): Promise<string> {
  await kube.kubectl(['create', 'serviceaccount', name, '-n', 'default']);
  await kube.kubectl(['create', 'rolebinding', name, '-n', 'default', '--clusterrole=view', `--serviceaccount=default:${name}`]);
  return kube.kubectl(['create', 'token', name, '-n', 'default']);
}

/** The result of `loadFromCluster` in a pod. */
function inCluster(tokenFile: string): KubeConfig {
  const admin = new KubeConfig();
  admin.loadFromFile(kube.kubeconfig);
  const cluster = admin.getCurrentCluster();
  if (cluster === null) throw new Error('the kubeconfig names no cluster');
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(cluster, { name: 'inClusterUser', authProvider: { name: 'tokenFile', config: { tokenFile } } });
  return kubeConfig;
}

describe('Transport', () => {
  it('reads a rotated service account token at once when the server refuses the old one', async () => {
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, await newServiceAccountToken('first'));
    const codes: string[] = [];
    const transport = new Transport(inCluster(tokenFile), ({ code }) => codes.push(code));
    const client = new Client(transport);
    expect((await client.get(CONFIG_MAP, key, { signal }))?.metadata.name).toBe(key.name);

    await kube.kubectl(['delete', 'serviceaccount', 'first', '-n', 'default']);
    await expect.poll(() => client.get(CONFIG_MAP, key, { signal }).catch((error: ApiError) => error.code), { timeout: 120_000 }).toBe(401);
    await writeFile(tokenFile, await newServiceAccountToken('second'));
    codes.length = 0;
    expect((await client.get(CONFIG_MAP, key, { signal }))?.metadata.name).toBe(key.name);
    expect(codes.at(-1)).toBe('200');
    await transport.close();
  });

  it("reports the server's own message for a refusal, and treats only 404 as absent", async () => {
    const tokenFile = join(folder, 'third');
    await writeFile(tokenFile, await newServiceAccountToken('third'));
    const transport = new Transport(inCluster(tokenFile));
    const client = new Client(transport);
    expect(await client.get(CONFIG_MAP, { ...key, name: 'no-such' }, { signal })).toBeUndefined();
    const SECRET = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' };
    const refused = await client.get(SECRET, key, { signal }).catch((error: unknown) => error);
    expect(isForbidden(refused)).toBe(true);
    expect(String(refused)).toContain('cannot get resource "secrets" in API group "" in the namespace "default"');
    await transport.close();
  });

  it.each([500, 503])('treats HTTP %i without a body as an error, not as absent', async (status) => {
    await using proxy = await ApiServerProxy.before(kube.kubeconfig);
    proxy.faultFor = () => ({ status, body: {} });
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromClusterAndUser({ name: 'proxy', server: proxy.url, skipTLSVerify: true }, { name: 'anonymous' });
    const transport = new Transport(kubeConfig);
    const error = await new Client(transport).get(CONFIG_MAP, key, { signal }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: status });
    await transport.close();
  });

  it('reports which server does not respond', async () => {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromClusterAndUser({ name: 'gone', server: 'https://127.0.0.1:1', skipTLSVerify: true }, { name: 'anonymous' });
    const transport = new Transport(kubeConfig);
    const error = await new Client(transport).get(CONFIG_MAP, key, { signal }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(String(error)).toContain('no response from https://127.0.0.1:1');
    await transport.close();
  });

  it('waits for credentials only until the signal aborts', async () => {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(kube.kubeconfig);
    // Like an exec plugin that never ends.
    kubeConfig.applyToHTTPSOptions = () => new Promise(() => undefined);
    const transport = new Transport(kubeConfig);
    const stop = new AbortController();
    const asked = new Client(transport).get(CONFIG_MAP, key, { signal: stop.signal }).catch((thrown: unknown) => thrown);
    const reason = new Error('the reconcile took too long');
    stop.abort(reason);
    expect(await asked).toBe(reason);
    await transport.close();
  });

  it('checks whether a change may be sent when it gets a connection, not when it starts to wait for one', async () => {
    await using proxy = await ApiServerProxy.before(kube.kubeconfig);
    const held = Promise.withResolvers<void>();
    proxy.arriving = () => held.promise;
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromClusterAndUser({ name: 'proxy', server: proxy.url, skipTLSVerify: true }, { name: 'anonymous' });
    const transport = new Transport(kubeConfig);
    let isLeading = true;
    const client = new Client(transport).guardedBy(() => {
      if (!isLeading) throw new NotLeaderError('this process is not the leader');
    });
    const reads = Array.from({ length: 4 }, () => client.get(CONFIG_MAP, key, { signal }));
    await eventually(() => proxy.seen.length === reads.length, { what: 'all connections to be taken' });
    const change = client.patch(CONFIG_MAP, key, { metadata: { labels: { late: 'yes' } } }, { signal }).catch((thrown: unknown) => thrown);
    isLeading = false;
    held.resolve();
    expect((await Promise.all(reads)).map((found) => found?.metadata.name)).toEqual(reads.map(() => key.name));
    expect(await change).toBeInstanceOf(NotLeaderError);
    expect(proxy.seen.map(({ method }) => method)).not.toContain('PATCH');

    isLeading = true;
    await client.patch(CONFIG_MAP, key, { metadata: { labels: { late: 'no' } } }, { signal });
    expect(proxy.seen.at(-1)?.method).toBe('PATCH');
    await transport.close();
  });

  it('rejects a kubeconfig without a cluster, and reports the fix', () => {
    expect(() => new Transport(new KubeConfig())).toThrow(/does not name a cluster: choose one with "kubectl config use-context NAME"/);
  });
});

import { KubeConfig } from '@kubernetes/client-node';
import { moduleDeploymentName } from '@eeveebot/contract';
import { describe, expect, it } from 'vitest';
import { botModule } from '../../../test/fixtures/bot-modules.ts';
import { countingServer } from '../../../test/fixtures/counting-server.ts';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { VolumeLocks } from '../../backup-jobs/volume-lock.ts';
import { Client } from '../../controller/api/client.ts';
import { Transport } from '../../controller/api/transport.ts';
import { ApiWriter } from '../../controller/apply/api-writer.ts';
import { Cache } from '../../controller/cache/cache.ts';
import type { KubeObject } from '../../controller/objects/kube-object.ts';
import type { ResourceType } from '../../controller/objects/resource-type.ts';
import { RestartCounts } from '../../metric-readings/restart-counts.ts';
import { BOT_MODULE } from '../../resource-types/kinds.ts';
import { DEPLOYMENT } from '../../resource-types/kubernetes.ts';
import { SecretValues } from '../../secrets/secret-values.ts';
import { moduleOperations } from './module-operations.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const RIVAL = 'another operator works in namespace bots';

/** Operations on a module that runs, while `rivalIn` is called. */
async function operationsWith(rivalIn: (namespace: string) => string | undefined) {
  const server = await countingServer();
  const config = new KubeConfig();
  config.loadFromClusterAndUser({ name: 'none', server: server.url, skipTLSVerify: true }, { name: 'none' });
  const client = new Client(new Transport(config, () => undefined));
  const cache = new Cache(silent);
  const [module, clock] = [botModule(), new FakeClock()];
  const list = (type: ResourceType, ...objects: readonly KubeObject[]) => {
    const listed = cache.ensureStore(type).relist();
    listed.page(objects, '1');
    listed.end('1');
  };
  list(BOT_MODULE, module);
  const ownerReferences = [{ apiVersion: module.apiVersion, kind: module.kind, name: 'echo', uid: 'uid-echo', controller: true }];
  const metadata = { namespace: 'bots', name: moduleDeploymentName('echo'), uid: 'uid-deployment', ownerReferences };
  list(DEPLOYMENT, { apiVersion: 'apps/v1', kind: 'Deployment', metadata });
  const operations = moduleOperations({
    namespace: 'bots',
    client,
    writer: new ApiWriter(client, cache, { clock, secretMarks: { mark: (checksum) => Promise.resolve(checksum) } }),
    cache: cache.complete,
    clock,
    events: { record: () => undefined },
    objectStores: { backups: () => Promise.resolve([]) },
    secrets: new SecretValues(),
    volumeLocks: new VolumeLocks(),
    restarts: new RestartCounts(),
    rivalIn,
  });
  const request = { moduleName: 'echo', scope: { namespace: undefined }, signal: AbortSignal.timeout(60_000) };
  return { server, restart: () => operations.restart(request), backupNow: () => operations.backupNow(request) };
}

describe('a change over HTTP in a namespace where another operator works', () => {
  it.each(['restart', 'backupNow'] as const)('is refused with the reason, and nothing is sent: %s', async (operation) => {
    const { server, [operation]: carryOut } = await operationsWith((namespace) => (namespace === 'bots' ? RIVAL : undefined));
    await expect(carryOut()).rejects.toMatchObject({ status: 503, details: RIVAL });
    expect(server.requests()).toBe(0);
  });

  it('is refused if the other operator begins before it is sent', async () => {
    let checks = 0;
    const { server, restart } = await operationsWith(() => (++checks > 1 ? RIVAL : undefined));
    await expect(restart()).rejects.toMatchObject({ status: 503, details: RIVAL });
    expect([server.requests(), checks]).toEqual([0, 2]);
  });

  it('is sent otherwise', async () => {
    const { server, restart } = await operationsWith(() => undefined);
    await expect(restart()).rejects.toMatchObject({ status: 502 });
    expect(server.requests()).toBe(1);
  });
});

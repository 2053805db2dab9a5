import { type ControlPlane, eventually, type S3Server } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { beforeAll, describe, expect, it } from 'vitest';
import { ApiTokens } from '../src/api-token/api-tokens.ts';
import { OPENAPI_DOCUMENT } from '../src/http/openapi.ts';
import { ApiServerProxy } from './controller/api-server-proxy.ts';
import { FakeClock } from './fixtures/fake-clock.ts';
import { ApiClient, documentedAnswers } from './http/api-client.ts';
import { startOperator } from './running-operator.ts';
import { backupSchedule, botModule, makeVolumes, newNamespace, s3Store, untilReady } from './world.ts';

const TOKEN = 'a-token-that-cannot-be-guessed';
const env = { EEVEE_OPERATOR_API_TOKEN: TOKEN };
const volume = { persistentVolumeClaim: { accessModes: ['ReadWriteOnce' as const] } };

const ACTIONS = ['/api/action/restart-module', '/api/action/backup-now'] as const;
const refusal = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Forbidden', code: 403, message: 'a webhook says no' };

describe('HTTP API document and metrics', () => {
  const servers = useWorld({ nodes: true, s3: true });
  let kube: ControlPlane;
  let s3: S3Server;

  beforeAll(async () => {
    ({ kube, s3 } = servers);
    await makeVolumes(kube, ['one', 'two']);
  });

  const ready = (name: string, namespace: string, reason = 'Ready') => untilReady(kube, { kind: 'botmodule', name, namespace }, reason);

  it('each response in the OpenAPI document occurs and matches it', async () => {
    const seen = new Set<string>();
    const asking = async (url: string, token: string | undefined, ask: (client: ApiClient) => Promise<void>) => {
      await using client = new ApiClient(url, token);
      await ask(client);
      for (const answer of client.seen) seen.add(answer);
    };
    const everywhere = async (client: ApiClient, moduleName: string) => {
      await client.get(`/api/backups?moduleName=${moduleName}`);
      for (const path of ACTIONS) await client.post(path, { moduleName });
    };

    const namespace = await newNamespace(kube);
    await using proxy = await ApiServerProxy.before(kube.kubeconfig);
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace, env, server: proxy.url });
    await kube.apply(
      ...s3Store('store', namespace, s3),
      ...s3Store('gone', namespace, s3, { endpoint: 'http://127.0.0.1:9' }),
      backupSchedule('nightly', namespace),
      botModule('kept', namespace, { ...volume, backupSchedule: { name: 'nightly' } }),
      botModule('off', namespace, { enabled: false }),
      botModule('stuck', namespace, { ...volume, bootstrapFromBackup: { s3Store: { name: 'gone' } } }),
    );
    await ready('kept', namespace);
    await ready('off', namespace, 'Disabled');
    await eventually(() => kube.kubectl(['get', 'cronjob', 'nightly-kept-backup', '-n', namespace, '-o', 'name']));

    await asking(operator.url, TOKEN, async (client) => {
      for (const path of ['/', '/health', '/readyz', '/metrics', '/api/metrics', '/api/health', '/api/bot-modules']) await client.get(path);
      expect((await client.get('/api/openapi.json')).json).toEqual(JSON.parse(JSON.stringify(OPENAPI_DOCUMENT)));
      proxy.faultFor = ({ method }) => (method === 'PATCH' || method === 'POST' ? { status: 403, body: refusal } : undefined);
      const refused = await client.post('/api/action/restart-module', { moduleName: 'kept' });
      expect(refused).toMatchObject({ status: 502, json: { details: 'the Kubernetes API server responded: a webhook says no' } });
      expect(await client.post('/api/action/backup-now', { moduleName: 'kept' })).toMatchObject({ status: 502 });
      proxy.faultFor = () => undefined;
      await everywhere(client, 'kept');
      await everywhere(client, 'off');
      await everywhere(client, 'missing');
      await client.get('/api/backups?moduleName=stuck');
      await client.get('/api/backups');
      for (const path of ACTIONS) {
        await client.post(path, {});
        await client.post(path, { moduleName: 'x'.repeat(65_536) });
      }
    });
    await asking(operator.url, undefined, async (client) => {
      await everywhere(client, 'kept');
      for (const path of ['/api/health', '/api/bot-modules']) await client.get(path);
    });
    await asking(operator.url, new ApiTokens(TOKEN).forNamespace('elsewhere'), async (client) => {
      await client.get(`/api/backups?moduleName=kept&namespace=${namespace}`);
      for (const path of ACTIONS) await client.post(path, { moduleName: 'kept', namespace });
    });
    await asking(operator.url, TOKEN, async (client) => {
      // Operations that require a token have their own count.
      for (const path of ['/', '/api/health']) for (let count = 0; count < 100; count += 1) await client.get(path);
      for (const path of ['/', '/api/openapi.json', '/api/health', '/api/bot-modules']) await client.get(path);
      await everywhere(client, 'kept');
    });

    // An operator that waits forever for its first lists.
    await using silent = await ApiServerProxy.before(kube.kubeconfig);
    silent.arriving = () => Promise.withResolvers<void>().promise;
    const clock = new FakeClock(new Date());
    await using deaf = await startOperator({ kubeconfig: kube.kubeconfig, namespace, env, server: silent.url, clock, until: '/health' });
    await asking(deaf.url, TOKEN, async (client) => {
      for (const path of ['/readyz', '/api/bot-modules']) await client.get(path);
      await everywhere(client, 'kept');
      clock.advance(3_600_000);
      expect((await client.get('/health')).json).toMatchObject({ reason: expect.stringContaining('watches are stuck') });
    });

    expect(documentedAnswers().filter((answer) => !seen.has(answer))).toEqual([]);
  });

  it('metrics cover each resource, and end with its deletion', async () => {
    const namespace = await newNamespace(kube);
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace, env });
    await using api = new ApiClient(operator.url, TOKEN);
    const series = async (name: string) =>
      (await api.get('/metrics')).text
        .split('\n')
        .filter((line) => line.startsWith(`${name}{`))
        .map((line) => line.slice(name.length));
    await kube.apply(
      ...s3Store('store', namespace, s3),
      ...s3Store('wrong', namespace, s3, { bucket: 'nowhere' }),
      botModule('well', namespace),
      botModule('ill', namespace, { ipcConfig: 'nowhere' }),
    );
    await ready('well', namespace);
    await ready('ill', namespace, 'Pending');
    await untilReady(kube, { kind: 's3store', name: 'store', namespace }, 'ConnectionSuccessful');
    await untilReady(kube, { kind: 's3store', name: 'wrong', namespace }, 'ConnectionFailed');
    const lastBackup = { time: '2026-01-02T03:04:05Z', result: 'Succeeded', sizeBytes: 4096 };
    const status = JSON.stringify({ status: { lastBackup } });
    await kube.kubectl(['patch', 'botmodule', 'well', '-n', namespace, '--subresource=status', '--type=merge', '-p', status]);
    await api.post('/api/action/restart-module', { moduleName: 'well' });

    const of = (name: string) => `{namespace="${namespace}",name="${name}"}`;
    await eventually(async () => (await series('eevee_botmodule_ready')).includes(`${of('well')} 1`), { what: 'a Ready module' });
    expect(await series('eevee_botmodule_ready')).toContain(`${of('ill')} 0`);
    expect((await series('eevee_s3store_up')).toSorted()).toEqual([`${of('store')} 1`, `${of('wrong')} 0`]);
    await eventually(async () => (await series('eevee_backup_size_bytes')).join() === `${of('well')} 4096`, { what: 'a backup' });
    expect(await series('eevee_backup_last_success_timestamp_seconds')).toEqual([`${of('well')} ${Date.parse(lastBackup.time) / 1000}`]);
    expect((await series('eevee_operator_module_restarts_total')).toSorted()).toEqual([`${of('ill')} 0`, `${of('well')} 1`]);
    await api.get('/no/such/path');
    expect((await series('eevee_operator_api_requests_total')).toSorted()).toEqual(
      expect.arrayContaining([
        '{method="POST",route="/api/action/restart-module",status_code="200"} 1',
        '{method="GET",route="unmatched",status_code="404"} 1',
      ]),
    );
    expect(await series('eevee_operator_api_request_duration_seconds_count')).toContain('{method="GET",route="unmatched"} 1');
    expect((await series('eevee_operator_k8s_active_watches')).length).toBeGreaterThan(10);
    expect((await series('eevee_operator_k8s_resource_events_total')).length).toBeGreaterThan(3);

    await kube.kubectl(['delete', 'botmodule', 'well', 'ill', '-n', namespace]);
    await kube.kubectl(['delete', 's3store', 'store', 'wrong', '-n', namespace]);
    await eventually(async () => !(await api.get('/metrics')).text.includes(`namespace="${namespace}"`), { what: 'no series' });
  });
});

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ControlPlane, eventually, type S3Server } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment, Job, Pod, Secret } from '../src/resource-types/kubernetes.ts';
import { ApiClient } from './http/api-client.ts';
import { startOperator, type RunningOperator } from './running-operator.ts';
import { backupSchedule, botModule, makeVolumes, newNamespace, s3Store, untilReady } from './world.ts';

interface List<T> {
  readonly items: readonly T[];
}

const TOKEN = 'a-token-that-cannot-be-guessed';
const ID = '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d';

describe('HTTP API', () => {
  const servers = useWorld({ nodes: true, s3: true });
  let kube: ControlPlane;
  let s3: S3Server;
  let operator: RunningOperator;
  let namespace: string;

  beforeAll(async () => {
    ({ kube, s3 } = servers);
    namespace = await newNamespace(kube);
    await makeVolumes(
      kube,
      Array.from({ length: 6 }, (_, index) => `volume-${index}`),
    );
    operator = await startOperator({
      kubeconfig: kube.kubeconfig,
      namespace,
      env: { EEVEE_OPERATOR_API_TOKEN: TOKEN, WATCH_OTHER_NAMESPACES: 'true' },
    });
  });
  afterAll(async () => {
    await operator?.stop();
  });

  const client = (token?: string) => new ApiClient(operator.url, token);
  const ready = (name: string, reason = 'Ready', where = namespace) =>
    untilReady(kube, { kind: 'botmodule', name, namespace: where }, reason);
  const deployment = (name: string, where = namespace) => kube.get<Deployment>('deployment', `eevee-${name}-module`, '-n', where);
  const pods = async (name: string) => (await kube.get<List<Pod>>('pods', '-l', `eevee.bot/module=${name}`, '-n', namespace)).items;
  const patch = (name: string, spec: object, where = namespace) =>
    kube.kubectl(['patch', 'botmodule', name, '-n', where, '--type=merge', '-p', JSON.stringify({ spec })]);

  describe('access', () => {
    it('requires the token', async () => {
      await using stranger = client();
      await using guesser = client('guess');
      await using friend = client(TOKEN);
      for (const path of ['/api/health', '/api/bot-modules', '/api/backups?moduleName=x']) {
        expect(await stranger.get(path)).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
        expect((await guesser.get(path)).status).toBe(401);
      }
      for (const path of ['/api/action/restart-module', '/api/action/backup-now']) {
        expect((await stranger.post(path, { moduleName: 'x' })).status).toBe(401);
      }
      expect((await stranger.get('/api/health', { authorization: `Basic ${TOKEN}` })).status).toBe(401);
      const { status, json } = await friend.get('/api/health');
      expect([status, json]).toEqual([200, { status: 'ok', timestamp: expect.stringMatching(/^\d{4}-.*Z$/) }]);
    });

    it('is closed while the operator has no token', async () => {
      await using closed = await startOperator({ kubeconfig: kube.kubeconfig, namespace: await newNamespace(kube) });
      for (const token of ['', 'undefined', TOKEN]) {
        await using stranger = new ApiClient(closed.url, token);
        expect((await stranger.get('/api/health')).status).toBe(401);
        expect((await stranger.get('/')).status).toBe(200);
      }
    });

    it('is limited to a hundred requests per minute, except for probes and metrics', async () => {
      await using busy = client(TOKEN);
      const statuses: number[] = [];
      for (let count = 0; count < 101; count += 1) statuses.push((await busy.get('/api/health')).status);
      expect(statuses.filter((status) => status === 200)).toHaveLength(100);
      const { status, headers, json } = await busy.get('/api/bot-modules');
      expect([status, json]).toEqual([429, { error: 'Too Many Requests', details: expect.stringMatching(/^try again in \d+ s$/) }]);
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      for (const path of ['/health', '/readyz', '/metrics', '/api/metrics']) expect((await busy.get(path)).status).toBe(200);
      await using another = client(TOKEN);
      expect((await another.get('/api/health')).status).toBe(200);
    });
  });

  describe('malformed request', () => {
    it.each([
      ['no JSON', 400, '{'],
      ['a list', 400, '[]'],
      ['no module', 400, {}],
      ['a number for a module', 400, { moduleName: 7 }],
      ['an empty name', 400, { moduleName: '' }],
      ['a number for a namespace', 400, { moduleName: 'x', namespace: 7 }],
      ['nothing', 400, ''],
      ['more than 64 KiB', 413, { moduleName: 'x', padding: 'x'.repeat(65_536) }],
    ])('with %s gets status %i with a reason and no internals', async (_, status, body) => {
      await using friend = client(TOKEN);
      for (const path of ['/api/action/restart-module', '/api/action/backup-now']) {
        const answer = await friend.post(path, body);
        expect(answer).toMatchObject({ status, json: { error: expect.any(String), details: expect.any(String) } });
        expect(answer.text).not.toMatch(/node_modules|\.ts:\d|\\n\s+at /);
      }
    });

    it('to an unknown or malformed path gets a JSON response', async () => {
      await using friend = client(TOKEN);
      for (const path of ['/nothing', '/api/nothing', '/api/action/restart-module']) {
        expect(await friend.get(path).catch((error: Error) => error.message)).toMatchObject({ status: 404, json: { error: 'Not Found' } });
      }
      const { status } = await fetch(`${operator.url}/api/bot-modules/%ff`, { headers: { authorization: `Bearer ${TOKEN}` } });
      expect([400, 404]).toContain(status);
    });
  });

  describe('GET /api/bot-modules', () => {
    it('describes each module and the state of its pod', async () => {
      await kube.apply(
        botModule('told', namespace, { moduleName: 'Told', image: 'registry:5000/eevee/echo:1.2' }),
        botModule('off', namespace, { enabled: false, image: 'eevee/echo' }),
      );
      await ready('told');
      await ready('off', 'Disabled');
      await using friend = client(TOKEN);
      // The operator may be busy at the moment, but it becomes idle at some time.
      const json = await eventually(
        async () => {
          const requestsBefore = await operator.requests();
          const answer = await friend.get('/api/bot-modules');
          return (await operator.requests()) === requestsBefore && answer.json;
        },
        { what: 'an answer without a request to the API server' },
      );
      const modules = json as readonly { readonly crName: string }[];
      expect(modules.find(({ crName }) => crName === 'told')).toEqual({
        name: 'Told',
        crName: 'told',
        namespace,
        image: 'registry:5000/eevee/echo:1.2',
        tag: '1.2',
        enabled: true,
        podStatus: {
          phase: 'Running',
          ready: true,
          restartCount: 0,
          containerStatuses: [
            {
              name: 'module',
              ready: true,
              restartCount: 0,
              image: 'registry:5000/eevee/echo:1.2',
              state: { running: expect.any(Object) },
              lastState: {},
            },
          ],
          conditions: expect.arrayContaining([{ type: 'Ready', status: 'True', lastTransitionTime: expect.stringMatching(/Z$/) }]),
          startedAt: expect.stringMatching(/Z$/),
        },
        ready: true,
        reason: 'Ready',
        message: '1/1 available',
        lastBackup: null,
      });
      expect(modules.find(({ crName }) => crName === 'off')).toMatchObject({
        tag: 'latest',
        enabled: false,
        podStatus: null,
        ready: true,
        reason: 'Disabled',
      });
    });
  });

  describe('POST /api/action/restart-module', () => {
    it('replaces the pods once for each request, and the operator does not undo that', async () => {
      await kube.apply(botModule('again', namespace, { moduleName: 'Again' }));
      await ready('again');
      await using friend = client(TOKEN);
      for (const moduleName of ['again', 'Again']) {
        const before = new Set((await pods('again')).map(({ metadata }) => metadata.uid));
        const { status, json } = await friend.post('/api/action/restart-module', { moduleName });
        expect([status, json]).toEqual([200, { message: `BotModule again in namespace ${namespace} is being restarted` }]);
        await eventually(
          async () => {
            const now = await pods('again');
            return now.length === 1 && !before.has(now[0]?.metadata.uid) && (await ready('again')).status === 'True';
          },
          { what: 'another pod' },
        );
      }
      const restarted = await deployment('again');
      expect(restarted.metadata.generation).toBe(3);
      const restartedAt = restarted.spec?.template.metadata?.annotations?.['kubectl.kubernetes.io/restartedAt'];

      // An apply by the operator itself neither removes the annotation nor rolls the pods again.
      const [pod] = await pods('again');
      await kube.kubectl(['label', 'deployment', 'eevee-again-module', '-n', namespace, '--overwrite', 'app.kubernetes.io/part-of=other']);
      const repaired = await eventually(async () => {
        const now = await deployment('again');
        return now.metadata.labels?.['app.kubernetes.io/part-of'] === 'eevee' && now;
      });
      expect(repaired.spec?.template.metadata?.annotations?.['kubectl.kubernetes.io/restartedAt']).toBe(restartedAt);
      expect(repaired.metadata.generation).toBe(3);
      expect((await pods('again')).map(({ metadata }) => metadata.uid)).toEqual([pod?.metadata.uid]);

      const events = () => kube.kubectl(['get', 'events', '-n', namespace, '--field-selector', 'involvedObject.name=again']);
      await eventually(async () => (await events()).includes('Restarted Deployment eevee-again-module'), { what: 'an event' });
    });

    it('reports why it cannot restart a module', async () => {
      await kube.apply(
        botModule('one', namespace, { moduleName: 'Same' }),
        botModule('two', namespace, { moduleName: 'Same' }),
        botModule('disabled', namespace, { enabled: false }),
        botModule('waiting', namespace, { ipcConfig: 'nowhere' }),
      );
      await ready('one');
      await ready('disabled', 'Disabled');
      await ready('waiting', 'Pending');
      await using friend = client(TOKEN);
      const answer = async (body: object) => {
        const { status, json } = await friend.post('/api/action/restart-module', body);
        return [status, (json as { readonly details?: string }).details];
      };
      expect(await answer({ moduleName: 'missing' })).toEqual([
        404,
        expect.stringContaining(`no BotModule missing in namespace ${namespace}`),
      ]);
      expect(await answer({ moduleName: 'one', namespace: 'elsewhere' })).toEqual([404, expect.stringContaining('elsewhere')]);
      expect(await answer({ moduleName: 'Same' })).toEqual([
        409,
        'one, two have the spec.moduleName Same: give one of these names instead',
      ]);
      expect(await answer({ moduleName: 'disabled' })).toEqual([409, 'BotModule disabled does not run: spec.enabled is false']);
      expect(await answer({ moduleName: 'waiting' })).toEqual([
        409,
        expect.stringContaining('Pending: spec.ipcConfig names IpcConfig nowhere'),
      ]);
      expect((await friend.post('/api/action/restart-module', { moduleName: 'one', namespace })).status).toBe(200);
      // As `curl -d` sends it, with the content type of a form.
      const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/x-www-form-urlencoded' };
      const body = JSON.stringify({ moduleName: 'one' });
      expect((await fetch(`${operator.url}/api/action/restart-module`, { method: 'POST', headers, body })).status).toBe(200);
    });
  });

  describe('module in another namespace', () => {
    const secret = (where: string) =>
      kube
        .kubectl(['get', 'secret', 'eevee-operator-api-token', '-n', where, '-o', 'json', '--ignore-not-found'])
        .then((text) => (text === '' ? undefined : (JSON.parse(text) as Secret)));
    const tokenIn = (found: Secret | undefined) => Buffer.from(found?.data?.['token'] ?? '', 'base64').toString('utf8');

    it('gets a token for only its namespace and the right URL and namespace, with no token in plain text', async () => {
      const other = await newNamespace(kube);
      await kube.apply(
        botModule('local', namespace, { mountOperatorApiToken: true }),
        botModule('remote', other, { mountOperatorApiToken: true }),
        botModule('plain', other),
      );
      await ready('remote', 'Ready', other);
      const token = tokenIn(await eventually(() => secret(other)));
      expect(token).not.toBe('');
      const text = JSON.stringify(await deployment('remote', other));
      for (const value of [token, TOKEN, Buffer.from(token).toString('base64')]) expect(text).not.toContain(value);
      const env = (await deployment('remote', other)).spec?.template.spec?.containers[0]?.env ?? [];
      expect(env).toContainEqual({ name: 'NAMESPACE', value: other });
      expect(env).toContainEqual({
        name: 'EEVEE_OPERATOR_API_TOKEN',
        valueFrom: { secretKeyRef: { name: 'eevee-operator-api-token', key: 'token' } },
      });
      const url = `http://eevee-eevee-operator-service.${namespace}.svc.cluster.local:9000`;
      expect(env).toContainEqual({ name: 'EEVEE_OPERATOR_API_URL', value: url });
      // In the operator's own namespace, the chart creates the Secret.
      expect(await secret(namespace)).toBeUndefined();

      await using module = client(token);
      const { json } = await module.get('/api/bot-modules');
      expect((json as readonly { readonly crName: string }[]).map(({ crName }) => crName)).toEqual(['plain', 'remote']);
      expect((await module.post('/api/action/restart-module', { moduleName: 'plain' })).status).toBe(200);
      expect(await module.post('/api/action/restart-module', { moduleName: 'local', namespace })).toMatchObject({
        status: 403,
        json: { details: `this token gives access only to namespace ${other}` },
      });
      expect((await module.get(`/api/backups?moduleName=local&namespace=${namespace}`)).status).toBe(403);
      expect((await module.post('/api/action/backup-now', { moduleName: 'local', namespace })).status).toBe(403);
      expect((await module.post('/api/action/restart-module', { moduleName: 'local' })).status).toBe(404);
      await using forger = client(token.replace(other, namespace));
      expect((await forger.get('/api/health')).status).toBe(401);
    });

    it('gets a deleted token Secret back, and takes the Secret along when it is its last user', async () => {
      const other = await newNamespace(kube);
      await kube.apply(botModule('a', other, { mountOperatorApiToken: true }), botModule('b', other, { mountOperatorApiToken: true }));
      const users = async () => (await secret(other))?.metadata.ownerReferences?.map(({ name }) => name).join();
      await eventually(async () => (await users()) === 'a,b', { what: 'a Secret of both' });
      const token = tokenIn(await secret(other));
      await kube.kubectl(['delete', 'secret', 'eevee-operator-api-token', '-n', other]);
      await eventually(async () => (await users()) === 'a,b', { what: 'another Secret of both' });
      expect(tokenIn(await secret(other))).toBe(token);

      // Changes that do not affect the Secret do not write it.
      const { resourceVersion } = (await secret(other))?.metadata ?? {};
      await patch('b', { image: 'eevee/echo:2' }, other);
      await ready('b', 'Ready', other);
      expect((await secret(other))?.metadata.resourceVersion).toBe(resourceVersion);

      // A revoked token is also removed from the pod.
      await patch('a', { mountOperatorApiToken: false }, other);
      await eventually(async () => (await users()) === 'b', { what: 'a Secret of one' });
      await eventually(async () => !JSON.stringify(await deployment('a', other)).includes('EEVEE_OPERATOR_API'));
      await kube.kubectl(['delete', 'botmodule', 'b', '-n', other]);
      await eventually(async () => (await secret(other)) === undefined, { what: 'no Secret' });
    });

    it("keeps another client's Secret of that name", async () => {
      const other = await newNamespace(kube);
      await kube.kubectl(['create', 'secret', 'generic', 'eevee-operator-api-token', '--from-literal=token=mine', '-n', other]);
      const before = await secret(other);
      await kube.apply(botModule('guest', other, { mountOperatorApiToken: true }));
      await ready('guest', 'Ready', other);
      await patch('guest', { mountOperatorApiToken: false }, other);
      await eventually(async () => !JSON.stringify(await deployment('guest', other)).includes('EEVEE_OPERATOR_API'));
      expect(tokenIn(before)).toBe('mine');
      expect(await secret(other)).toEqual(before);
    });
  });

  describe('backups', () => {
    const volume = { persistentVolumeClaim: { accessModes: ['ReadWriteOnce' as const] } };
    const store = (module: string, id: string) => {
      const file = join(s3.folder, 'buckets/backups', namespace, module, `${id}.tar.gz`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, 'whatever');
    };
    const jobs = async (name: string) => (await kube.get<List<Job>>('jobs', '-l', `eevee.bot/module=${name}`, '-n', namespace)).items;

    it('are started at once, one at a time, from the CronJob', async () => {
      await kube.apply(
        ...s3Store('store', namespace, s3),
        backupSchedule('nightly', namespace),
        botModule('kept', namespace, { ...volume, backupSchedule: { name: 'nightly' } }),
        botModule('loose', namespace, volume),
      );
      await ready('kept');
      await eventually(() => kube.kubectl(['get', 'cronjob', 'nightly-kept-backup', '-n', namespace, '-o', 'name']));
      await using friend = client(TOKEN);
      const both = await Promise.all([1, 2].map(() => friend.post('/api/action/backup-now', { moduleName: 'kept' })));
      expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409]);
      const [job, ...others] = await jobs('kept');
      expect(others).toEqual([]);
      expect(both.find(({ status }) => status === 200)?.json).toMatchObject({ job: job?.metadata.name });
      expect(job?.metadata.ownerReferences).toMatchObject([{ kind: 'CronJob', name: 'nightly-kept-backup', controller: true }]);
      expect(job?.spec?.template.spec?.containers[0]?.args ?? job?.spec?.template.spec?.containers[0]?.command).toContain('backup');
      expect(await friend.post('/api/action/backup-now', { moduleName: 'loose' })).toMatchObject({
        status: 409,
        json: { details: expect.stringContaining('it names no BackupSchedule') },
      });
      expect((await friend.post('/api/action/backup-now', { moduleName: 'missing' })).status).toBe(404);
    });

    it('are listed, the newest first', async () => {
      const module = { ...volume, backupSchedule: { name: 'daily' } };
      await kube.apply(
        ...s3Store('shelf', namespace, s3),
        backupSchedule('daily', namespace, { s3Store: { name: 'shelf' } }),
        botModule('listed', namespace, module),
      );
      await untilReady(kube, { kind: 's3store', name: 'shelf', namespace }, 'ConnectionSuccessful');
      await eventually(() => kube.kubectl(['get', 'cronjob', 'daily-listed-backup', '-n', namespace, '-o', 'name']));
      await using friend = client(TOKEN);
      expect((await friend.get('/api/backups?moduleName=listed')).json).toEqual([]);
      store('listed', ID);
      const { json } = await friend.get(`/api/backups?moduleName=listed&namespace=${namespace}`);
      expect(json).toEqual([
        {
          id: ID,
          key: `${namespace}/listed/${ID}.tar.gz`,
          s3Store: 'shelf',
          time: expect.stringMatching(/Z$/),
          sizeBytes: 8,
          compression: 'gzip',
          described: false,
          verified: false,
          failed: false,
          held: false,
        },
      ]);
    });

    it('that cannot be listed are never reported as an empty list', async () => {
      const wrong = { s3Store: { name: 'unreachable' } };
      await kube.apply(
        ...s3Store('unreachable', namespace, s3, { endpoint: 'http://127.0.0.1:9' }),
        botModule('stuck', namespace, { ...volume, bootstrapFromBackup: wrong }),
        botModule('lost', namespace, { ...volume, bootstrapFromBackup: { s3Store: { name: 'nowhere' } } }),
        botModule('none', namespace),
      );
      await ready('none');
      await using friend = client(TOKEN);
      const ask = (name: string) =>
        eventually(async () => {
          const answer = await friend.get(`/api/backups?moduleName=${name}`);
          return answer.status !== 404 && answer;
        });
      expect(await ask('stuck')).toMatchObject({
        status: 502,
        json: { details: expect.stringContaining('no connection to http://127.0.0.1:9') },
      });
      expect(await ask('lost')).toMatchObject({ status: 409, json: { details: expect.stringContaining('no S3Store nowhere') } });
      expect(await ask('none')).toMatchObject({ status: 409, json: { details: expect.stringContaining('it names no store') } });
      expect((await friend.get('/api/backups')).status).toBe(400);
      expect((await friend.get('/api/backups?moduleName=a&moduleName=b')).status).toBe(400);
    });
  });
});

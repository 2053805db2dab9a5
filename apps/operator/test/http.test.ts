import { type ControlPlane, eventually } from '@eeveebot/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Pod } from '../src/resource-types/kubernetes.ts';
import { ApiClient } from './http/api-client.ts';
import { TOKEN, useHttpApi } from './http/use-http-api.ts';
import { type RunningOperator, startOperator } from './running-operator.ts';
import { botModule, newNamespace } from './world.ts';

interface List<T> {
  readonly items: readonly T[];
}

describe('HTTP API', () => {
  const { world, client, ready, deployment } = useHttpApi();
  let kube: ControlPlane;
  let operator: RunningOperator;
  let namespace: string;

  beforeAll(() => {
    ({ kube, operator, namespace } = world);
  });

  const pods = async (name: string) => (await kube.get<List<Pod>>('pods', '-l', `eevee.bot/module=${name}`, '-n', namespace)).items;

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
      expect(await answer({ moduleName: 'Same' })).toEqual([409, 'one, two have the spec.moduleName Same: use one of these names instead']);
      expect(await answer({ moduleName: 'disabled' })).toEqual([409, 'BotModule disabled is not running: spec.enabled is false']);
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
});

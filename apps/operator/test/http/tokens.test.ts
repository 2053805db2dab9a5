import { type ControlPlane, eventually } from '@eeveebot/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Secret } from '../../src/resource-types/kubernetes.ts';
import { botModule, newNamespace } from '../world.ts';
import { TOKEN, useHttpApi } from './use-http-api.ts';

describe('HTTP API for modules of other namespaces', () => {
  const { world, client, ready, deployment, patch } = useHttpApi();
  let kube: ControlPlane;
  let namespace: string;

  beforeAll(() => {
    ({ kube, namespace } = world);
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
});

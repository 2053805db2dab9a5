import { labelValue, natsName } from '@eeveebot/contract';
import type { BotModule, IpcConfig } from '@eeveebot/crds';
import { type ControlPlane, eventually } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment, Secret, Service, StatefulSet } from '../src/resource-types/kubernetes.ts';
import { startOperator, type RunningOperator } from './running-operator.ts';
import { botModule, ipcConfig, newNamespace, untilReady } from './world.ts';

const NATS_CHECKSUM = 'eevee.bot/nats-checksum';

describe('IpcConfig', () => {
  const servers = useWorld({ nodes: true });
  let kube: ControlPlane;
  let operator: RunningOperator;
  let namespace: string;

  beforeAll(async () => {
    ({ kube } = servers);
    namespace = await newNamespace(kube);
    operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
  });

  afterAll(async () => {
    await operator?.stop();
  });

  const ready = (name: string, reason = 'Ready') => untilReady(kube, { kind: 'ipcconfig', name, namespace }, reason);
  const patch = (name: string, nats: object) =>
    kube.kubectl(['patch', 'ipcconfig', name, '-n', namespace, '--type=merge', '-p', JSON.stringify({ spec: { nats } })]);
  const exists = (kind: string, name: string) =>
    kube.kubectl(['get', kind, name, '-n', namespace, '-o', 'name', '--ignore-not-found']).then((text) => text !== '');
  const secretOf = async (name: string): Promise<Record<string, string>> => {
    const { data = {} } = await kube.get<Secret>('secret', name, '-n', namespace);
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
  };
  /** The configuration that the pods of a NATS mount. */
  const confOf = async (name: string, kind: 'deployment' | 'statefulset' = 'deployment'): Promise<{ key: string; text: string }> => {
    const { spec } = await kube.get<Deployment | StatefulSet>(kind, `eevee-${name}-nats`, '-n', namespace);
    const [item] = spec?.template.spec?.volumes?.find((volume) => volume.name === 'config')?.secret?.items ?? [];
    const key = item?.key ?? '';
    return { key, text: (await secretOf(`eevee-${name}-nats-config`))[key] ?? '' };
  };
  const makeSecret = (name: string, values: Record<string, string>) =>
    kube.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData: values });

  it('runs a NATS that requires a generated token', async () => {
    await kube.apply(ipcConfig('managed', namespace));
    expect(await ready('managed')).toMatchObject({ status: 'True', message: '1/1 available' });
    const host = `eevee-managed-nats.${namespace}.svc.cluster.local`;
    expect(await secretOf('eevee-managed-nats-auth')).toEqual({ token: expect.stringMatching(/^token-\d+$/), host });
    const { token } = await secretOf('eevee-managed-nats-auth');
    expect((await confOf('managed')).text).toContain(`authorization { token: "${token}" }`);
    const { spec } = await kube.get<Deployment>('deployment', 'eevee-managed-nats', '-n', namespace);
    // A fixed version, so that a restart of a pod is not an upgrade.
    expect(spec?.template.spec?.containers[0]?.image).toMatch(/^nats:\d+\.\d+\.\d+/);
    const { status } = await kube.get<IpcConfig>('ipcconfig', 'managed', '-n', namespace);
    expect(status).toMatchObject({ natsHost: host, tokenSecret: 'eevee-managed-nats-auth', replicas: 1, readyReplicas: 1 });
    expect(JSON.stringify(status)).not.toContain(token);
    const service = await kube.get<Service>('service', 'eevee-managed-nats', '-n', namespace);
    expect(service.spec?.ports?.map(({ name, port }) => [name, port])).toEqual([
      ['client', 4222],
      ['management', 8222],
    ]);
  });

  it('generates a token by default, so that NATS never runs without one', async () => {
    await kube.apply(ipcConfig('silent', namespace, { managed: { enabled: true } }));
    await ready('silent');
    expect(await secretOf('eevee-silent-nats-auth')).toHaveProperty('token');
  });

  it('keeps an existing token, whichever client created it', async () => {
    await makeSecret('eevee-kept-nats-auth', { token: 'from-before', other: 'stays' });
    await kube.apply(ipcConfig('kept', namespace));
    await ready('kept');
    expect(await secretOf('eevee-kept-nats-auth')).toMatchObject({ token: 'from-before', other: 'stays', host: expect.any(String) });
  });

  it('does not rotate a token that a user wrote, and reports it', async () => {
    await makeSecret('database', { password: 'from-a-user' });
    const token = { generate: true, secretKeyRef: { secret: { name: 'database' }, key: 'password' } };
    await kube.apply(ipcConfig('careful', namespace, { managed: { enabled: true }, token }));
    await ready('careful');
    await kube.kubectl(['annotate', 'ipcconfig', 'careful', '-n', namespace, 'eevee.bot/rotate-token=1']);
    const told = () => kube.kubectl(['get', 'events', '-n', namespace, '--field-selector', 'involvedObject.name=careful']);
    await eventually(async () => (await told()).includes('Key password of Secret database was not generated by the operator'), {
      what: 'an event',
    });
    await operator.idle();
    expect(await secretOf('database')).toMatchObject({ password: 'from-a-user' });
  });

  it('keeps its generated token when generate is turned off, even while it restores the host', async () => {
    await kube.apply(ipcConfig('disowned', namespace));
    await ready('disowned');
    const before = await secretOf('eevee-disowned-nats-auth');
    await patch('disowned', { token: { generate: false } });
    await kube.kubectl(['patch', 'secret', 'eevee-disowned-nats-auth', '-n', namespace, '--type=merge', '-p', '{"data":{"host":null}}']);
    await eventually(async () => expect(await secretOf('eevee-disowned-nats-auth')).toEqual(before));
  });

  it('reports a key as missing even if every JavaScript object has a property of that name', async () => {
    await makeSecret('plain', { other: 'x' });
    const secretKeyRef = { secret: { name: 'plain' }, key: 'constructor' };
    await kube.apply(ipcConfig('odd', namespace, { managed: { enabled: true }, token: { generate: false, secretKeyRef } }));
    await ready('odd', 'SecretKeyMissing');
  });

  it('names the Secret that it waits for, and continues when it appears', async () => {
    const token = { generate: false, secretKeyRef: { secret: { name: 'mine' }, key: 'secretkey' } };
    await kube.apply(ipcConfig('given', namespace, { managed: { enabled: true }, token }));
    expect(await ready('given', 'SecretNotFound')).toMatchObject({
      status: 'False',
      message: `Secret mine does not exist in namespace ${namespace}: create it with key secretkey, or set spec.nats.token.generate to true`,
    });
    expect(await exists('deployment', 'eevee-given-nats')).toBe(false);
    await makeSecret('mine', { token: 'wrong key' });
    expect(await ready('given', 'SecretKeyMissing')).toMatchObject({
      message: expect.stringContaining('Secret mine has no key secretkey'),
    });
    await makeSecret('mine', { secretkey: 'given "token"' });
    await ready('given');
    expect((await confOf('given')).text).toContain(String.raw`token: "given \"token\""`);
    expect(await secretOf('mine')).toMatchObject({ secretkey: 'given "token"', host: expect.stringContaining('eevee-given-nats.') });
  });

  it('is refused if its labels would select the pods of an older one, until that is gone', async () => {
    const long = `a${'b'.repeat(90)}`;
    // This name comes first, so it counts as older even if both are made within a second.
    const short = labelValue(long);
    await kube.apply(ipcConfig(short, namespace));
    await ready(short);
    await kube.apply(ipcConfig(long, namespace));
    expect((await ready(long, 'InvalidSpec')).message).toContain(`selects the pods of IpcConfig ${short}`);
    expect(await exists('deployment', natsName(long))).toBe(false);
    await kube.kubectl(['delete', 'ipcconfig', short, '-n', namespace]);
    await ready(long);
  });

  it('is refused a token Secret that an older one uses, until that is gone', async () => {
    await makeSecret('common', { token: 'from-a-user' });
    const nats = { managed: { enabled: true }, token: { generate: false, secretKeyRef: { secret: { name: 'common' } } } };
    await kube.apply(ipcConfig('aa-first', namespace, nats));
    await ready('aa-first');
    await kube.apply(ipcConfig('bb-second', namespace, nats));
    expect((await ready('bb-second', 'InvalidSpec')).message).toContain('is common, which IpcConfig aa-first uses');
    expect(await secretOf('common')).toMatchObject({ host: expect.stringContaining('eevee-aa-first-nats.') });
    await kube.kubectl(['delete', 'ipcconfig', 'aa-first', '-n', namespace]);
    await ready('bb-second');
    expect(await secretOf('common')).toMatchObject({ host: expect.stringContaining('eevee-bb-second-nats.') });
  });

  it('is refused a token Secret that the operator uses for something else', async () => {
    const secretKeyRef = { secret: { name: 'eevee-selfish-nats-config' }, key: 'token' };
    await kube.apply(ipcConfig('selfish', namespace, { managed: { enabled: true }, token: { generate: true, secretKeyRef } }));
    expect((await ready('selfish', 'InvalidSpec')).message).toContain('which the operator uses for something else');
  });

  it('rolls only NATS and its own modules when the token changes', async () => {
    await kube.apply(ipcConfig('rotated', namespace), ipcConfig('calm', namespace));
    await kube.apply(botModule('uses', namespace, { ipcConfig: 'rotated' }), botModule('other', namespace, { ipcConfig: 'calm' }));
    const moduleReady = (name: string) => untilReady(kube, { kind: 'botmodule', name, namespace }, 'Ready');
    await Promise.all([moduleReady('uses'), moduleReady('other')]);
    const template = async (name: string) =>
      (await kube.get<Deployment>('deployment', name, '-n', namespace)).spec?.template.metadata?.annotations ?? {};
    const before = await template('eevee-uses-module');
    const natsBefore = await template('eevee-rotated-nats');
    const otherBefore = await template('eevee-other-module');

    await kube.kubectl(['annotate', 'ipcconfig', 'rotated', '-n', namespace, 'eevee.bot/rotate-token=please']);
    await eventually(async () => (await template('eevee-uses-module'))[NATS_CHECKSUM] !== before[NATS_CHECKSUM]);
    expect(await template('eevee-rotated-nats')).not.toEqual(natsBefore);
    expect(await template('eevee-other-module')).toEqual(otherBefore);

    const told = () => kube.kubectl(['get', 'events', '-n', namespace, '--field-selector', 'involvedObject.name=rotated']);
    await eventually(async () => (await told()).includes('annotation eevee.bot/rotate-token asks for a new one'), { what: 'an event' });

    // The same request is served once: touching the resource generates no further token.
    const { token } = await secretOf('eevee-rotated-nats-auth');
    await patch('rotated', { managed: { enabled: true, resources: { limits: { memory: '64Mi' } } } });
    await ready('rotated');
    expect((await secretOf('eevee-rotated-nats-auth'))['token']).toBe(token);
  });

  it('reverts a manual edit of the configuration', async () => {
    await kube.apply(ipcConfig('tampered', namespace));
    await ready('tampered');
    const { key, text } = await confOf('tampered');
    await kube.kubectl([
      'patch',
      'secret',
      'eevee-tampered-nats-config',
      '-n',
      namespace,
      '--type=merge',
      '-p',
      JSON.stringify({ stringData: { [key]: 'port: 4222' } }),
    ]);
    await eventually(async () => (await secretOf('eevee-tampered-nats-config'))[key] === text);
  });

  it('becomes a cluster, and a single server again, but never both at once', async () => {
    await kube.apply(ipcConfig('grown', namespace));
    await ready('grown');
    // A server that is slow to leave.
    const [pod = ''] = (await kube.kubectl(['get', 'pods', '-n', namespace, '-l', 'eevee.bot/ipcconfig=grown', '-o', 'name']))
      .trim()
      .split('\n');
    const hold = (finalizers: readonly string[] | null) =>
      kube.kubectl(['patch', pod, '-n', namespace, '--type=merge', '-p', JSON.stringify({ metadata: { finalizers } })]);
    await hold(['test.example/hold']);
    await patch('grown', { managed: { enabled: true, replicas: 3 } });
    await eventually(async () => !(await exists('deployment', 'eevee-grown-nats')), { what: 'the removal of the single server' });
    expect(await ready('grown', 'Updating')).toMatchObject({
      message: expect.stringContaining(`waiting for ${pod.replace('/', ' ')} to leave`),
    });
    expect(await exists('statefulset', 'eevee-grown-nats')).toBe(false);
    await hold(null);
    expect(await ready('grown')).toMatchObject({ message: '3/3 available' });
    const set = await kube.get<StatefulSet>('statefulset', 'eevee-grown-nats', '-n', namespace);
    expect(set.spec?.serviceName).toBe('eevee-grown-nats-headless');
    expect((await confOf('grown', 'statefulset')).text).toMatch(/routes: \[\n(.*nats-route:.*\n){3}/);
    await eventually(async () => !(await exists('deployment', 'eevee-grown-nats')));
    expect(await exists('poddisruptionbudget', 'eevee-grown-nats')).toBe(true);

    await patch('grown', { managed: { enabled: true, replicas: 1 } });
    expect(await ready('grown')).toMatchObject({ message: '1/1 available' });
    await eventually(
      async () => !(await exists('statefulset', 'eevee-grown-nats')) && !(await exists('poddisruptionbudget', 'eevee-grown-nats')),
    );
  });

  it('removes NATS but keeps the token when it is no longer managed', async () => {
    await kube.apply(ipcConfig('moved', namespace));
    await ready('moved');
    const { token } = await secretOf('eevee-moved-nats-auth');
    await patch('moved', { managed: { enabled: false }, external: { host: 'nats.example.com:4222' } });
    await eventually(async () => !(await exists('deployment', 'eevee-moved-nats')) && !(await exists('service', 'eevee-moved-nats')));
    expect((await secretOf('eevee-moved-nats-auth'))['token']).toBe(token);
  });

  it('gives modules the host of an external NATS', async () => {
    await makeSecret('elsewhere', { token: 't' });
    const token = { generate: false, secretKeyRef: { secret: { name: 'elsewhere' }, key: 'token' } };
    await kube.apply(ipcConfig('external', namespace, { external: { host: 'nats.example.com:4222' }, token }));
    expect(await ready('external')).toMatchObject({ status: 'True', message: expect.stringContaining('nats.example.com:4222') });
    await kube.apply(botModule('far', namespace, { ipcConfig: 'external' }));
    const env = await eventually(async () => {
      const deployment = await kube.get<Deployment>('deployment', 'eevee-far-module', '-n', namespace);
      return deployment.spec?.template.spec?.containers[0]?.env;
    });
    expect(env).toContainEqual({ name: 'NATS_HOST', value: 'nats.example.com:4222' });
  });

  it('uses its own Service whatever host the Secret contains, and the external host once it is not managed', async () => {
    const hostOf = async () => (await kube.get<IpcConfig>('ipcconfig', 'wanders', '-n', namespace)).status?.natsHost;
    await makeSecret('eevee-wanders-nats-auth', { token: 'mine', host: 'elsewhere' });
    await kube.apply(ipcConfig('wanders', namespace));
    await ready('wanders');
    const own = `eevee-wanders-nats.${namespace}.svc.cluster.local`;
    expect(await hostOf()).toBe(own);
    expect(await secretOf('eevee-wanders-nats-auth')).toEqual({ token: 'mine', host: own });

    await patch('wanders', { managed: { enabled: false } });
    // The Secret names the NATS that has just been removed, which is not a valid host any more.
    expect(await ready('wanders', 'SecretKeyMissing')).toMatchObject({ message: expect.stringContaining('set spec.nats.external.host') });
    await patch('wanders', { external: { host: 'nats.example.com' } });
    await ready('wanders');
    expect(await hostOf()).toBe('nats.example.com');
  });

  it('gives modules the certificates of an external NATS with a private CA', async () => {
    await makeSecret('far-token', { token: 't' });
    const token = { generate: false, secretKeyRef: { secret: { name: 'far-token' }, key: 'token' } };
    const external = {
      host: 'tls://nats.example.com',
      caBundle: { configMapKeyRef: { configMap: { name: 'company' }, key: 'roots.pem' } },
    };
    await kube.apply(ipcConfig('company', namespace, { external, token }), botModule('employee', namespace, { ipcConfig: 'company' }));
    const module = await eventually(
      async () => (await kube.get<Deployment>('deployment', 'eevee-employee-module', '-n', namespace)).spec?.template.spec,
    );
    expect(module?.containers[0]?.env).toContainEqual({ name: 'NATS_CA_FILE', value: '/etc/nats-ca/ca.crt' });
    expect(module?.volumes).toContainEqual({
      name: 'nats-ca',
      configMap: { name: 'company', items: [{ key: 'roots.pem', path: 'ca.crt' }], defaultMode: 420 },
    });
  });

  it('takes over a Deployment of former releases with the strategy that the server defaulted', async () => {
    const labels = { 'eevee.bot/nats-server': 'true', 'eevee.bot/ipcconfig': 'former' };
    await kube.apply({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'eevee-former-nats', namespace },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'nats', image: 'nats:latest' }] } },
      },
    });
    await kube.apply(ipcConfig('former', namespace));
    await ready('former');
  });

  it('rejects a reference to a Secret of another namespace', async () => {
    const token = { generate: false, secretKeyRef: { secret: { name: 'x', namespace: 'kube-system' }, key: 'token' } };
    await kube.apply(ipcConfig('foreign', namespace, { managed: { enabled: true }, token }));
    expect(await ready('foreign', 'InvalidSpec')).toMatchObject({
      message: expect.stringContaining('spec.nats.token.secretKeyRef.secret.namespace is kube-system'),
    });
  });

  it('keeps every secret value out of statuses, events and the log', async () => {
    const { token } = await secretOf('eevee-managed-nats-auth');
    const shown = await kube.kubectl(['get', 'ipcconfig,botmodule,deployment,statefulset,event', '-n', namespace, '-o', 'json']);
    expect(shown).not.toContain(`"${token}"`);
    expect(operator.warnings.join('\n')).not.toContain(token);
    expect((await kube.get<BotModule>('botmodule', 'uses', '-n', namespace)).metadata.name).toBe('uses');
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineModule } from '@eeveebot/libeevee';
import { type TestBot, startTestBot } from '@eeveebot/libeevee/testing';
import { type Kwok, type NatsServer, certificateAuthority, startKwok, startNatsServer } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createIpcConfig, createNatsPod, kubectlEevee, pathWithKubectl, secret } from './cluster-world.ts';

const TOKEN = 'cluster-token';

/** Ports of the pods, which lead to a NATS server without TLS, and to one with it. */
const [PLAIN_PORT, TLS_PORT] = [4222, 4223];

const MANAGED = { managed: { enabled: true } };

const echo = defineModule({
  name: 'echo',
  version: '1.0.0',
  commands: [
    {
      commandUUID: 'c7d8a6c8-9f6d-4a0b-8d5e-2f9b1f6f1c11',
      commandDisplayName: 'echo',
      regex: String.raw`^echo\s+`,
      help: { descr: 'Repeats your text', params: [] },
      run: async ({ text, nick, platform, reply, notice }) => {
        await reply(`${nick} on ${platform} says ${text}`);
        await notice('only you see this');
      },
    },
  ],
});

describe('kubectl eevee', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'eevee-cluster-'));
  const file = (name: string): string => join(folder, name);
  const path = pathWithKubectl(folder);
  const authority = await certificateAuthority('authority');
  const world = useWorld();
  let plain: NatsServer;
  let secured: NatsServer;
  let bot: TestBot;
  let kwok: Kwok;

  beforeAll(async () => {
    const { certificate, key } = await authority.issue({ commonName: 'nats', hosts: ['eevee-bot-nats.bots.svc.cluster.local'] });
    writeFileSync(file('tls.crt'), certificate);
    writeFileSync(file('tls.key'), key);
    plain = await startNatsServer({ token: TOKEN });
    secured = await startNatsServer({ token: TOKEN, settings: { tls: { cert_file: file('tls.crt'), key_file: file('tls.key') } } });
    bot = await startTestBot(echo, { bus: { host: plain.host, token: TOKEN } });
    kwok = await startKwok(world.kube, { forwards: { [PLAIN_PORT]: plain.port, [TLS_PORT]: secured.port } });
  });
  afterAll(async () => {
    await bot?.stop();
    await Promise.all([plain?.stop(), secured?.stop(), kwok?.stop()]);
    rmSync(folder, { recursive: true });
  });

  const say = (namespace: string, args: readonly string[] = [], kubeconfig = world.kube.kubeconfig) =>
    kubectlEevee(['chat', '-n', namespace, '--nick', 'fox', ...args], { path, input: '!echo hello\n', kubeconfig });

  it('talks to the bot over a forwarded port, with the token from its Secret', async () => {
    const namespace = await world.newNamespace();
    await world.kube.apply(secret(namespace, 'eevee-bot-nats-auth', { token: TOKEN }));
    await createIpcConfig(world.kube, { namespace, name: 'bot', nats: MANAGED, status: { ready: true, natsHost: 'eevee-bot-nats' } });
    await createNatsPod(world.kube, namespace, PLAIN_PORT);
    expect(await say(namespace)).toEqual({
      code: 0,
      stdout: '<fox> !echo hello\n<eevee> fox on console says hello\n-eevee- only you see this\n',
      stderr: '',
    });

    // A user who may read the Secret, and not forward.
    const guest = await world.kube.kubeconfigFor('guest');
    const may = (verb: string, resource: string) => [
      'create',
      'role',
      `${verb}-${resource.replace(/\W/g, '-')}`,
      '-n',
      namespace,
      `--verb=${verb}`,
      `--resource=${resource}`,
    ];
    const bind = (role: string) => ['create', 'rolebinding', role, '-n', namespace, `--role=${role}`, '--user=guest'];
    const allow = async (verb: string, resource: string): Promise<void> => {
      await world.kube.kubectl(may(verb, resource));
      await world.kube.kubectl(bind(`${verb}-${resource.replace(/\W/g, '-')}`));
    };
    const refused = (what: string) => ({
      code: 77,
      stdout: '',
      stderr: expect.stringContaining(`guest may not ${what} in namespace ${namespace}`),
    });
    expect(await say(namespace, [], guest)).toEqual(refused('list ipcconfigs'));
    await allow('list', 'ipcconfigs.eevee.bot');
    expect(await say(namespace, [], guest)).toEqual(refused('get secrets'));
    for (const [verb, resource] of [
      ['get', 'secrets'],
      ['get', 'services'],
      ['list', 'pods'],
      ['get', 'pods'],
    ] as const)
      await allow(verb, resource);
    expect(await say(namespace, [], guest)).toEqual(refused('create pods/portforward'));
    await allow('create', 'pods/portforward');
    expect(await say(namespace, [], guest)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('<eevee> fox on console says hello'),
    });
  });

  it('checks the certificate of a NATS with TLS against the name of its Service', async () => {
    const namespace = await world.newNamespace();
    const tls = { ...MANAGED, tls: { secretName: 'certificate' } };
    const status = { ready: true, natsHost: 'tls://eevee-bot-nats.bots.svc.cluster.local' };
    await world.kube.apply(
      secret(namespace, 'eevee-bot-nats-auth', { token: TOKEN }),
      secret(namespace, 'certificate', { 'ca.crt': authority.certificate }),
    );
    await createIpcConfig(world.kube, { namespace, name: 'bot', nats: tls, status });
    await createNatsPod(world.kube, namespace, TLS_PORT);
    // No bot is on this server.
    expect(await say(namespace, ['--wait', '0s'])).toEqual({ code: 0, stdout: '<fox> !echo hello\n', stderr: '' });

    await world.kube.apply(secret(namespace, 'certificate', { 'ca.crt': (await certificateAuthority('other')).certificate }));
    expect(await say(namespace)).toMatchObject({
      code: 69,
      stderr: expect.stringMatching(/connecting to NATS .* was aborted: .*certificate/),
    });
  });

  it('talks to a bot whose NATS is outside the cluster', async () => {
    const namespace = await world.newNamespace();
    await world.kube.apply(secret(namespace, 'mine', { pass: TOKEN }));
    const nats = { external: { host: plain.host }, token: { generate: false, secretKeyRef: { secret: { name: 'mine' }, key: 'pass' } } };
    await createIpcConfig(world.kube, { namespace, name: 'bot', nats, status: { ready: true } });
    expect((await say(namespace)).stdout).toContain('<eevee> fox on console says hello\n');

    await world.kube.apply(secret(namespace, 'mine', { pass: 'wrong' }));
    expect(await say(namespace)).toMatchObject({ code: 69, stderr: expect.stringContaining('rejected the token') });
    await world.kube.apply(secret(namespace, 'mine', { other: '' }));
    await world.kube.kubectl(['patch', 'secret', 'mine', '-n', namespace, '--type=json', '-p', '[{"op":"remove","path":"/data/pass"}]']);
    expect(await say(namespace)).toMatchObject({ code: 66, stderr: expect.stringContaining('Secret mine has no key "pass"') });
  });

  it('names the existing IpcConfigs, and reports whether NATS is ready', async () => {
    const namespace = await world.newNamespace();
    expect(await say(namespace)).toMatchObject({ code: 66, stderr: expect.stringContaining('there is no IpcConfig in this namespace') });
    for (const name of ['one', 'two']) await createIpcConfig(world.kube, { namespace, name, nats: MANAGED, status: { ready: false } });
    expect(await say(namespace)).toMatchObject({ code: 64, stderr: expect.stringContaining('choose one with --ipc (one, two)') });
    expect(await say(namespace, ['--ipc', 'two'])).toEqual({
      code: 69,
      stdout: '',
      stderr: 'kubectl eevee: NATS of IpcConfig two is not ready: NatsNotReady: no pod of NATS is ready\n',
    });
  });

  it('shows the state of a bot, its problems, and the answers of its modules', async () => {
    const namespace = await world.newNamespace();
    await world.kube.apply(secret(namespace, 'eevee-bot-nats-auth', { token: TOKEN }));
    const token = { generate: false, secretKeyRef: { secret: { name: 'eevee-bot-nats-auth' } } };
    await createIpcConfig(world.kube, { namespace, name: 'bot', nats: { external: { host: plain.host }, token }, status: { ready: true } });
    const modules = { echo: ['True', 'Ready', 'ready'], karma: ['False', 'Unavailable', 'container module crashes'] } as const;
    for (const [name, [status, reason, message]] of Object.entries(modules)) {
      const spec = { moduleName: name, image: `${name}:1`, ipcConfig: 'bot' };
      await world.kube.apply({ apiVersion: 'eevee.bot/v1', kind: 'BotModule', metadata: { name, namespace }, spec });
      const condition = { type: 'Ready', status, reason, message, lastTransitionTime: '2026-01-01T00:00:00Z' };
      const patch = JSON.stringify({ status: { conditions: [condition] } });
      await world.kube.kubectl(['patch', 'botmodule', name, '-n', namespace, '--subresource=status', '--type=merge', '-p', patch]);
    }
    const status = (...args: readonly string[]) =>
      kubectlEevee(['status', '-n', namespace, ...args], { path, kubeconfig: world.kube.kubeconfig });

    const all = await status();
    expect(all).toMatchObject({ code: 1, stderr: '' });
    expect(all.stdout).toMatch(/^echo +True +Ready +0 +\d+[sm] +- +- +echo:1 +echo$/m);
    expect(all.stdout).toContain('botmodule/karma: Unavailable\n  container module crashes\n  Fix: Fix the cause');

    const { code, stdout } = await status('echo', '--output', 'json');
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      expect.objectContaining({ modules: [expect.objectContaining({ name: 'echo', commands: ['echo'] })], problems: [], notAsked: [] }),
    ]);
    expect(await status('ehco')).toMatchObject({ code: 66, stderr: expect.stringContaining('there is no BotModule "ehco"') });
  });

  it('reports that kubectl is missing', async () => {
    const { code, stderr } = await kubectlEevee(['chat'], { path: folder, kubeconfig: world.kube.kubeconfig });
    expect([code, stderr]).toEqual([69, expect.stringContaining('kubectl is not on the PATH: install it')]);
  });
});

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, Helm } from '@eeveebot/testing';
import { permissions, rightsOf } from './access-reviews.ts';
import { type ChartCluster, startChartCluster } from './cluster.ts';
import { FORBIDDEN, LEASE_RIGHTS, OPERATOR_RIGHTS, SEEN_LEASE_RIGHTS, type Right } from './operator-rights.ts';

const BOT = {
  bot: {
    ipcConfig: { name: 'bot', spec: { nats: { managed: { enabled: true }, token: { generate: true } } } },
    botModules: [{ name: 'echo', spec: { moduleName: 'echo', image: 'ghcr.io/eeveebot/echo-module:5.0.0', ipcConfig: 'bot' } }],
  },
};

interface BotModule {
  readonly spec: { readonly moduleConfig: string };
}

interface Labelled {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
}

/** Leases in other namespaces may be read, but not written. */
const TAKING_LEASES: readonly Right[] = LEASE_RIGHTS.map((right) => ({ ...right, verbs: ['get', 'create', 'update'] }));

describe('the umbrella on a real API server', () => {
  let cluster: ChartCluster;

  beforeAll(async () => {
    cluster = await startChartCluster();
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  const upgrade = (release: string, namespace: string, values: object, ...args: readonly string[]): Promise<string> =>
    cluster.helm.run(
      ['upgrade', '--install', release, cluster.helm.chart('eevee'), '-n', namespace, '--create-namespace', '--values', '-', ...args],
      { input: JSON.stringify(values) },
    );
  const kubectl = (...args: readonly string[]): Promise<string> => cluster.kube.kubectl(args);

  it('installs definitions, operator and bot with one command', async () => {
    const notes = await upgrade('eevee', 'fresh', BOT);
    expect(notes).toContain('kubectl -n fresh wait botmodule/echo --for=condition=Ready');
    expect(await kubectl('-n', 'fresh', 'get', 'botmodule/echo', 'ipcconfig/bot', 'deployment/eevee-operator', '-o', 'name')).toBe(
      'botmodule.eevee.bot/echo\nipcconfig.eevee.bot/bot\ndeployment.apps/eevee-operator\n',
    );
  });

  it('lists every module of a bot on IRC in its notes, and where to talk to it', async () => {
    const channels = ['#one', { channel: '#two', key: 'sesame' }];
    const irc = [{ name: 'example', host: 'irc.example.org', nick: 'my-bot', prefix: '.', channels }];
    const notes = await upgrade('eevee', 'on-irc', { bot: { irc } });
    for (const module of ['connector-irc', 'router', 'help', 'echo']) expect(notes).toContain(`wait botmodule/${module} --for=`);
    expect(notes).toContain('  my-bot on irc.example.org, in #one, #two: say .help\n');
    expect(notes).not.toContain('sesame');
  });

  it('refuses a second operator where it detects the first', async () => {
    await upgrade('alpha', 'sole', {});
    await expect(upgrade('beta', 'sole', {})).rejects.toThrow('Release alpha has an eevee operator in namespace sole already');
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'eevee-operator-leader', namespace: 'sole', annotations: { 'eevee.bot/operator-release': 'sole/alpha' } },
      spec: { holderIdentity: 'pod', leaseDurationSeconds: 15 },
    };
    await cluster.kube.apply(lease);
    const watching = (env: object) => ({ operator: { operator: { operator: { env } } } });
    for (const env of [{ watchNamespaces: ['sole'] }, { watchOtherNamespaces: true }]) {
      await expect(upgrade('beta', 'beside', watching(env))).rejects.toThrow('operator of release sole/alpha works in namespace sole');
    }
    await upgrade('alpha', 'sole', {});
    await upgrade('beta', 'beside', {});
    // The tests below watch the whole cluster.
    await kubectl('delete', 'lease', 'eevee-operator-leader', '-n', 'sole');
  });

  it('refuses a second bot on IRC beside the first one, which is left unchanged', async () => {
    const onIrc = (nick: string) => ({ bot: { irc: [{ name: 'example', host: 'irc.example.org', nick, channels: ['#one'] }] } });
    const onlyBot = { crds: { enabled: false }, operator: { enabled: false } };
    const connector = (): Promise<BotModule> => cluster.kube.get<BotModule>('botmodule', 'connector-irc', '-n', 'shared');
    await upgrade('robin', 'shared', onIrc('robin'));
    const before = await connector();
    await expect(upgrade('wren', 'shared', { ...onIrc('wren'), ...onlyBot })).rejects.toThrow(
      /Release robin has the BotModule connector-irc in namespace shared already/,
    );
    expect(await connector()).toEqual(before);
    expect(await cluster.helm.run(['list', '-n', 'shared', '--all', '--short'])).toBe('robin\n');
    // A release with another module is installed, and its module uses the NATS of robin.
    const dice = { name: 'dice', spec: { moduleName: 'dice', image: 'example/dice:1', ipcConfig: 'eevee-bot' } };
    await upgrade('wren', 'shared', { bot: { botModules: [dice] }, ...onlyBot });
    await cluster.helm.run(['uninstall', 'wren', '-n', 'shared', '--wait']);
    expect(await kubectl('-n', 'shared', 'get', 'botmodules,ipcconfigs', '-o', 'name')).toBe(
      'botmodule.eevee.bot/connector-irc\nbotmodule.eevee.bot/echo\nbotmodule.eevee.bot/help\nbotmodule.eevee.bot/router\nipcconfig.eevee.bot/eevee-bot\n',
    );
  });

  it('works beside another release in another namespace', async () => {
    await upgrade('first', 'one', { operator: { operator: { operator: { env: { watchOtherNamespaces: true } } } } });
    await upgrade('first', 'two', { operator: { operator: { operator: { env: { watchOtherNamespaces: true } } } } });
    expect(await kubectl('get', 'deployment', '-A', '-l', 'app.kubernetes.io/instance=first', '-o', 'name')).toBe(
      'deployment.apps/first-operator\n'.repeat(2),
    );
  });

  it('keeps definitions and resources of other releases when it is uninstalled', async () => {
    await upgrade('eevee', 'gone', BOT);
    await kubectl('create', 'namespace', 'bystander');
    await cluster.kube.apply({
      apiVersion: 'eevee.bot/v1',
      kind: 'BotModule',
      metadata: { name: 'other', namespace: 'bystander' },
      spec: { moduleName: 'other', image: 'example/other:1' },
    });
    await cluster.helm.run(['uninstall', 'eevee', '-n', 'gone', '--wait']);
    expect(await kubectl('-n', 'bystander', 'get', 'botmodules', '-o', 'name')).toBe('botmodule.eevee.bot/other\n');
    expect(await kubectl('-n', 'gone', 'get', 'botmodules,deployments,roles', '-o', 'name')).toBe('');
  });

  it.each([3, 4] as const)(
    'is uninstalled by Helm %i beside a restore that has not ended, which remains until it is let go',
    async (version) => {
      const namespace = `restoring-${version}`;
      const helm = await Helm.withCharts(join(cluster.folder, `helm-${version}`), cluster.kube.kubeconfig, version);
      await upgrade('eevee', namespace, BOT);
      await cluster.kube.apply({
        apiVersion: 'eevee.bot/v1',
        kind: 'BackupRestore',
        metadata: { name: 'back', namespace, finalizers: ['eevee.bot/restore'] },
        spec: { botModule: { name: 'echo' }, s3Store: { name: 'store' } },
      });
      await helm.run(['uninstall', 'eevee', '-n', namespace, '--wait', '--timeout', '2m']);
      const remaining = () => kubectl('-n', namespace, 'get', 'eevee', '-o', 'name');
      expect(await remaining()).toBe('backuprestore.eevee.bot/back\n');
      await kubectl('delete', 'namespace', namespace, '--wait=false');
      await eventually(async () => /deletionTimestamp/.test(await kubectl('-n', namespace, 'get', 'backuprestore', 'back', '-o', 'json')));
      // The command of docs/backups.md.
      await kubectl('-n', namespace, 'patch', 'backuprestore', 'back', '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
      await kubectl('wait', '--for=delete', `namespace/${namespace}`, '--timeout=2m');
    },
  );

  it('installs without definitions and operator for a user who may only write resources', async () => {
    await upgrade('eevee', 'fresh', BOT);
    await kubectl('create', 'namespace', 'tenant');
    await cluster.kube.apply(
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'bots', namespace: 'tenant' },
        rules: [
          { apiGroups: ['eevee.bot'], resources: ['*'], verbs: ['*'] },
          // Helm keeps its releases there.
          { apiGroups: [''], resources: ['secrets'], verbs: ['*'] },
        ],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'bots', namespace: 'tenant' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'bots' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'tenant' }],
      },
    );
    const values = JSON.stringify({ ...BOT, crds: { enabled: false }, operator: { enabled: false } });
    const args = ['install', 'mine', cluster.helm.chart('eevee'), '-n', 'tenant', '--values', '-'];
    await cluster.helm.run(args, { input: values, kubeconfig: await cluster.kube.kubeconfigFor('tenant') });
    expect(await kubectl('-n', 'tenant', 'get', 'eevee', '-o', 'name')).toBe('botmodule.eevee.bot/echo\nipcconfig.eevee.bot/bot\n');

    const upgraded = ['upgrade', ...args.slice(1)];
    const asTenant = { input: values, kubeconfig: await cluster.kube.kubeconfigFor('tenant') };
    await expect(cluster.helm.run(upgraded, asTenant)).rejects.toThrow(/customresourcedefinitions.*forbidden/);
    await cluster.helm.run([...upgraded, '--set', 'crds.keepDefinitions.check=false'], asTenant);
  });

  it('adds its kinds to the roles of Kubernetes for viewers, editors and administrators of a namespace', async () => {
    await upgrade('eevee', 'fresh', BOT);
    await kubectl('create', 'namespace', 'people');
    for (const role of ['view', 'edit', 'admin']) {
      await kubectl('-n', 'people', 'create', 'rolebinding', role, `--clusterrole=${role}`, `--user=${role}`);
    }
    const can = (user: string, verb: string, resource: string): Promise<string> =>
      kubectl('auth', 'can-i', verb, resource, '-n', 'people', '--as', user).catch(() => 'no\n');
    const kinds = ['botmodules', 'ipcconfigs', 's3stores', 'backupschedules', 'backuprestores'].map((name) => `${name}.eevee.bot`);
    await eventually(async () => (await can('admin', 'create', 'botmodules.eevee.bot')) === 'yes\n', {
      what: 'the roles to be aggregated',
    });
    for (const kind of kinds) {
      expect([kind, await can('view', 'list', kind), await can('view', 'create', kind)]).toEqual([kind, 'yes\n', 'no\n']);
      for (const user of ['edit', 'admin']) {
        expect([kind, await can(user, 'watch', kind), await can(user, 'patch', kind)]).toEqual([kind, 'yes\n', 'yes\n']);
      }
    }
    const scale = ['patch', 'botmodules.eevee.bot', '--subresource=scale'];
    const canScale = (user: string): Promise<string> =>
      kubectl('auth', 'can-i', ...scale, '-n', 'people', '--as', user).catch(() => 'no\n');
    expect([await canScale('view'), await canScale('edit')]).toEqual(['no\n', 'yes\n']);
  });

  it('creates the IpcConfig of 2.x for modules that name it, unless it exists already', async () => {
    const values = {
      bot: { botModules: [{ name: 'echo', spec: { moduleName: 'echo', image: 'example/echo:1', ipcConfig: 'eevee-bot' } }] },
    };
    const owner = async (namespace: string): Promise<string | undefined> =>
      (await cluster.kube.get<Labelled>('ipcconfig', 'eevee-bot', '-n', namespace)).metadata.labels?.['app.kubernetes.io/managed-by'];
    await upgrade('eevee', 'former', values);
    await upgrade('eevee', 'former', values);
    expect(await owner('former')).toBe('Helm');

    await kubectl('create', 'namespace', 'by-hand');
    await cluster.kube.apply({
      apiVersion: 'eevee.bot/v1',
      kind: 'IpcConfig',
      metadata: { name: 'eevee-bot', namespace: 'by-hand' },
      spec: { nats: { external: { host: 'nats://nats.example.com' }, token: { generate: true } } },
    });
    await upgrade('eevee', 'by-hand', values);
    expect(await owner('by-hand')).toBeUndefined();
  });

  describe('the rights of the operator', () => {
    const account = (namespace: string): string => `system:serviceaccount:${namespace}:eevee-operator`;
    const forAll = { operator: { operator: { operator: { env: { watchOtherNamespaces: 'true' } } } } };

    beforeAll(async () => {
      await upgrade('eevee', 'narrow', {});
      await upgrade('eevee', 'wide', forAll);
      await kubectl('create', 'namespace', 'elsewhere');
    });

    it.each([
      ['its own', 'narrow', 'narrow', [...OPERATOR_RIGHTS, ...LEASE_RIGHTS]],
      ['any, when it watches all,', 'wide', 'elsewhere', [...OPERATOR_RIGHTS, ...SEEN_LEASE_RIGHTS]],
      ['its own, when it watches all,', 'wide', 'wide', [...OPERATOR_RIGHTS, ...LEASE_RIGHTS]],
    ])('in %s namespace cover its requests', async (_where, release, namespace, rights) => {
      expect(await permissions(cluster.kube, { user: account(release), namespace, rights, allowed: false })).toEqual([]);
    });

    it.each([
      ['its own', 'narrow', 'narrow', FORBIDDEN],
      ['another', 'narrow', 'elsewhere', [...OPERATOR_RIGHTS, ...LEASE_RIGHTS, ...FORBIDDEN]],
      ['any, when it watches all,', 'wide', 'elsewhere', [...TAKING_LEASES, ...FORBIDDEN]],
    ])('in %s namespace allow no other requests', async (_where, release, namespace, rights) => {
      expect(await permissions(cluster.kube, { user: account(release), namespace, rights, allowed: true })).toEqual([]);
    });

    it('are exactly those of the table', async () => {
      const wanted = [...OPERATOR_RIGHTS, ...LEASE_RIGHTS].flatMap(({ group, resources, verbs }) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}.${group}`)),
      );
      // Every service account may do some things, such as ask about itself.
      const defaultRights = new Set(await rightsOf(cluster.kube, 'narrow', 'system:serviceaccount:narrow:default'));
      const given = (await rightsOf(cluster.kube, 'narrow', account('narrow'))).filter((right) => !defaultRights.has(right));
      expect([...new Set(given)].toSorted()).toEqual([...new Set(wanted)].toSorted());
    });
  });
});

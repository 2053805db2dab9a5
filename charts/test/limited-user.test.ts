import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChartCluster, startChartCluster } from './cluster.ts';

/** Permissions that an administrator gives a user of one namespace. The definitions are installed already. */
const ALL = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };

/**
 * A user with permissions in one namespace and none for Leases, for whom an administrator has created the operator's account and its
 * permissions.
 */
const FEW = [
  { apiGroups: [''], resources: ['secrets', 'services', 'serviceaccounts', 'configmaps'], verbs: ['*'] },
  { apiGroups: ['apps'], resources: ['deployments'], verbs: ['*'] },
  { apiGroups: ['eevee.bot'], resources: ['*'], verbs: ['*'] },
];

describe('a user who is limited to one namespace', () => {
  let cluster: ChartCluster;

  beforeAll(async () => {
    cluster = await startChartCluster();
    const { kube, helm } = cluster;
    await helm.run(['install', 'definitions', helm.chart('crds'), '--namespace', 'default', '--set', 'update.enabled=false']);
    for (const [user, rules] of [
      ['all', [ALL]],
      ['few', FEW],
    ] as const) {
      const metadata = { name: user, namespace: user };
      await kube.kubectl(['create', 'namespace', user]);
      await kube.apply(
        { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules },
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'RoleBinding',
          metadata,
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: user },
          subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
        },
      );
    }
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  const as = (user: string, action: 'install' | 'upgrade', chart: 'eevee' | 'operator', ...sets: readonly string[]): Promise<string> =>
    cluster.helm.run([
      ...[action, 'bot', cluster.helm.chart(chart), '--namespace', user, '--kube-as-user', user],
      ...sets.flatMap((set) => ['--set', set]),
    ]);
  const deployment = (user: string): Promise<string> =>
    cluster.kube.kubectl(['get', 'deployments', '-n', user, '-o', 'name']).then((names) => names.trim());

  it('installs and upgrades the umbrella without the definitions', async () => {
    const few = ['crds.enabled=false'];
    await as('all', 'install', 'eevee', ...few);
    expect(await deployment('all')).toBe('deployment.apps/bot-operator');
    // Only a user who may read the definitions can detect whether the upgrade would delete them.
    await expect(as('all', 'upgrade', 'eevee', ...few)).rejects.toThrow(
      /an account that may not read definitions sets keepDefinitions.check=false of chart crds[^]*customresourcedefinitions.* is forbidden/,
    );
    await as('all', 'upgrade', 'eevee', ...few, 'crds.keepDefinitions.check=false');
  });

  it('installs without permission to read Leases', async () => {
    await as('few', 'install', 'operator', 'rbac.create=false');
    expect(await deployment('few')).toMatch(/^deployment\.apps\/.*operator$/);
    await as('few', 'upgrade', 'operator', 'rbac.create=false');
    await cluster.helm.run(['uninstall', 'bot', '--namespace', 'few', '--wait']);
  });

  it('gets an explanation if the Leases of other namespaces may not be read, and installs without reading them', async () => {
    const few = ['rbac.create=false', 'operator.operator.env.watchNamespaces={few,all}'];
    await expect(as('few', 'install', 'operator', ...few)).rejects.toThrow(
      /an account that may not see Deployments and Leases sets otherOperators.check=false[^]*leases.* is forbidden/,
    );
    expect(await deployment('few')).toBe('');
    await as('few', 'install', 'operator', ...few, 'otherOperators.check=false');
    expect(await deployment('few')).toMatch(/^deployment\.apps\/.*operator$/);
    await as('few', 'upgrade', 'operator', ...few, 'otherOperators.check=false');
  });
});

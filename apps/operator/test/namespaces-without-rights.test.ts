import { type ControlPlane, eventually } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_REFLECTOR_TIMES } from '../src/controller/cache/reflector-times.ts';
import { startOperator } from './running-operator.ts';
import { botModule, newNamespace, untilReady } from './world.ts';

const USER = 'operator';
/** Rights of the operator, and those without one type that it needs. */
const ALL = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];
const WITHOUT_JOBS = [
  { apiGroups: ['', 'apps', 'coordination.k8s.io', 'eevee.bot', 'policy'], resources: ['*'], verbs: ['*'] },
  { apiGroups: ['batch'], resources: ['cronjobs'], verbs: ['*'] },
];

describe('operator of several namespaces', () => {
  const servers = useWorld({ nodes: true });
  let kube: ControlPlane;

  beforeAll(() => {
    ({ kube } = servers);
  });

  /** Grants rights in a namespace, in place of those granted before. */
  const grant = (namespace: string, rules: readonly object[]): Promise<void> =>
    kube.apply(
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: USER, namespace }, rules },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: USER, namespace },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: USER },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: USER }],
      },
    );

  const start = async (own: string, watched: readonly string[], until: '/readyz' | '/health') =>
    startOperator({
      kubeconfig: await kube.kubeconfigFor(USER),
      namespace: own,
      env: { WATCH_NAMESPACES: watched.join(','), LEADER_ELECTION: 'true' },
      reflectorTimes: { ...DEFAULT_REFLECTOR_TIMES, optionalTypeMs: 500 },
      until,
    });
  const deployments = (namespace: string) => kube.kubectl(['get', 'deployments', '-n', namespace, '-o', 'name']);

  it('that starts without rights in one, or with some of them, works in the others, and there once it has all', async () => {
    const [own, granted, missing, partial] = [
      await newNamespace(kube),
      await newNamespace(kube),
      await newNamespace(kube),
      await newNamespace(kube),
    ];
    for (const namespace of [own, granted]) await grant(namespace, ALL);
    await grant(partial, WITHOUT_JOBS);
    const watched = [granted, missing, partial];
    for (const namespace of watched) await kube.apply(botModule('echo', namespace));
    await using operator = await start(own, watched, '/readyz');
    await untilReady(kube, { kind: 'botmodule', name: 'echo', namespace: granted }, 'Ready');
    expect(operator.warnings.join('\n')).toContain(`in the namespace "${missing}". Grant list and watch in the operator's Role`);
    for (const namespace of [missing, partial]) {
      expect(await deployments(namespace)).toBe('');
      await grant(namespace, ALL);
      await untilReady(kube, { kind: 'botmodule', name: 'echo', namespace }, 'Ready');
    }
    expect(operator.warnings.filter((line) => line.startsWith('cannot reconcile'))).toEqual([]);
  });

  it('is not ready while it lacks rights in all of them', async () => {
    const [own, one, other] = [await newNamespace(kube), await newNamespace(kube), await newNamespace(kube)];
    for (const namespace of [own, one, other]) await grant(namespace, WITHOUT_JOBS);
    await using operator = await start(own, [one, other], '/health');
    const readiness = async () => (await fetch(`${operator.url}/readyz`)).text();
    await eventually(async () => (await readiness()).includes('Permissions are missing: jobs.batch is forbidden'), { what: 'the cause' });
    await grant(one, ALL);
    await eventually(async () => (await fetch(`${operator.url}/readyz`)).ok, { what: 'the operator to be ready' });
  });
});

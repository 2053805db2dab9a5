import { type ControlPlane, eventually } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_REFLECTOR_TIMES } from '../src/controller/cache/reflector-times.ts';
import { ApiServerProxy } from './controller/api-server-proxy.ts';
import { ApiClient } from './http/api-client.ts';
import { startOperator } from './running-operator.ts';
import { botModule, newNamespace, untilReady } from './world.ts';

const USER = 'operator';
/** Rights of the operator, and those without one type that it needs. */
const ALL = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];
const WITHOUT_JOBS = [
  { apiGroups: ['', 'apps', 'coordination.k8s.io', 'eevee.bot', 'policy'], resources: ['*'], verbs: ['*'] },
  { apiGroups: ['batch'], resources: ['cronjobs'], verbs: ['*'] },
];
const WITHOUT_LEASES = [
  { apiGroups: ['', 'apps', 'batch', 'eevee.bot', 'policy'], resources: ['*'], verbs: ['*'] },
  { apiGroups: ['monitoring.coreos.com', 'cert-manager.io'], resources: ['*'], verbs: ['*'] },
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

  it.each(['false', 'true'])(
    'that loses its permissions for the Lease of one stops there before another may begin, even amid a change (LEADER_ELECTION=%s)',
    async (leaderElection) => {
      const [own, kept, lost] = [await newNamespace(kube), await newNamespace(kube), await newNamespace(kube)];
      for (const namespace of [own, kept, lost]) await grant(namespace, ALL);
      await using proxy = await ApiServerProxy.before(await kube.kubeconfigFor(USER));
      await using operator = await startOperator({
        kubeconfig: kube.kubeconfig,
        server: proxy.url,
        namespace: own,
        env: { WATCH_NAMESPACES: `${kept},${lost}`, LEADER_ELECTION: leaderElection, EEVEE_OPERATOR_API_TOKEN: 'token' },
        reflectorTimes: { ...DEFAULT_REFLECTOR_TIMES, watchSeconds: 1, mendedByPeopleMs: 300, optionalTypeMs: 500 },
        leaseTimes: { leaseMs: 5_000, renewDeadlineMs: 3_000, retryMs: 500 },
      });
      const metric = async (series: string) =>
        (await (await fetch(`${operator.url}/metrics`)).text()).split('\n').find((line) => line.startsWith(`${series} `));
      // The response to the first change that a reconcile makes there arrives only after the operator has lost its permissions.
      const [arrived, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      proxy.passing = async ({ url }) => {
        if (!url.includes(`/namespaces/${lost}/`) || !url.includes('fieldManager=')) return;
        arrived.resolve();
        await released.promise;
      };
      await kube.apply(botModule('echo', lost, { persistentVolumeClaim: {} }));
      await arrived.promise;
      await grant(lost, WITHOUT_LEASES);
      await eventually(async () => (await metric('eevee_operator_lease_obstacles')) === 'eevee_operator_lease_obstacles 1', {
        what: 'the metric',
      });
      expect(operator.warnings.join('\n')).toContain(
        `cannot take Lease ${lost}/eevee-operator-leader, so this operator does no work in namespace ${lost}: `,
      );
      const aborted = 'controller_runtime_reconcile_total{controller="botmodule",result="aborted"}';
      await eventually(async () => (await metric(aborted)) !== undefined && !(await metric(aborted))?.endsWith(' 0'), {
        what: 'the reconcile to be aborted',
      });
      released.resolve();

      await using user = new ApiClient(operator.url, 'token');
      for (const action of ['restart-module', 'backup-now']) {
        const { status, text } = await user.post(`/api/action/${action}`, { moduleName: 'echo', namespace: lost });
        expect([action, status, text]).toEqual([action, 503, expect.stringContaining(`does no work in namespace ${lost}`)]);
      }
      await kube.apply(botModule('echo', kept));
      await untilReady(kube, { kind: 'botmodule', name: 'echo', namespace: kept }, 'Ready');
      expect((await fetch(`${operator.url}/readyz`)).status).toBe(200);
      await operator.idle();
      expect(await deployments(lost)).toBe('');

      await grant(lost, ALL);
      await eventually(async () => (await metric('eevee_operator_lease_obstacles')) === 'eevee_operator_lease_obstacles 0', {
        what: 'the metric of the end',
      });
      await eventually(async () => (await deployments(lost)) !== '', { what: 'the work in the namespace' });
    },
  );
});

import { type ControlPlane, eventually } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_REFLECTOR_TIMES } from '../src/controller/cache/reflector-times.ts';
import type { LeaseTimes } from '../src/controller/lease/lease-times.ts';
import type { Deployment } from '../src/resource-types/kubernetes.ts';
import { foreignDefinition, foreignDefinitionName } from './foreign-definitions.ts';
import { grantAllBut, type Permission, VERBS } from './granted-rights.ts';
import { type RunningOperator, startOperator } from './running-operator.ts';
import { backupRestore, backupSchedule, botModule, ipcConfig, makeVolumes, s3Store, storeArchive, untilReady } from './world.ts';

const USER = 'operator';
const QUICK = { ...DEFAULT_REFLECTOR_TIMES, watchSeconds: 1, mendedByPeopleMs: 300, optionalTypeMs: 300 };
const BACKUP_ID = '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d';
const permission = (verb: string, resource: string, group = ''): Permission => ({ verb, group, resource });

/** How the API server names a missing permission. */
const textOf = ({ verb, resource }: Permission): string => `cannot ${verb} resource "${resource}"`;

describe('a permission that the operator loses while it runs', () => {
  const servers = useWorld({ nodes: true, s3: true });
  let kube: ControlPlane;
  let namespace: string;
  let operator: RunningOperator;
  const granted = (...lost: readonly Permission[]) => grantAllBut(kube, { user: USER, namespace }, ...lost);
  const ready = (kind: Parameters<typeof untilReady>[1]['kind'], name: string, reason: string, part = '') =>
    untilReady(kube, { kind, name, namespace }, reason, part);
  const change = (kind: string, name: string, spec: object) =>
    kube.kubectl(['patch', kind, name, '-n', namespace, '--type=merge', '-p', JSON.stringify({ spec })]);
  const readiness = async () => ((await (await fetch(`${operator.url}/readyz`)).json()) as { readonly reason?: string }).reason ?? '';
  const warned = (text: string) =>
    eventually(() => operator.warnings.some((line) => line.replaceAll('\\', '').includes(text)), { what: `a log line: ${text}` });

  /** Whether an event on a resource has this reason and text. */
  async function hasEvent(name: string, reason: string, text: string): Promise<boolean> {
    const { items } = await kube.get<{
      items: readonly { readonly reason: string; readonly message: string; readonly involvedObject: { readonly name: string } }[];
    }>('events', '-n', namespace);
    return items.some((event) => event.involvedObject.name === name && event.reason === reason && event.message.includes(text));
  }

  beforeAll(async () => {
    ({ kube } = servers);
    namespace = await servers.newNamespace();
    await granted();
    await makeVolumes(
      kube,
      Array.from({ length: 6 }, (_, index) => `volume-${index}`),
    );
    operator = await startOperator({
      kubeconfig: await kube.kubeconfigFor(USER),
      namespace,
      reflectorTimes: QUICK,
    });
    const backed = { persistentVolumeClaim: {}, backupSchedule: { name: 'nightly' } };
    await kube.apply(...s3Store('store', namespace, servers.s3), backupSchedule('nightly', namespace));
    await kube.apply(botModule('echo', namespace, backed), ipcConfig('net', namespace));
    storeArchive(servers.s3, { namespace, module: 'echo', id: BACKUP_ID });
    await ready('botmodule', 'echo', 'Ready');
    await ready('backupschedule', 'nightly', 'CronJobsCreated');
    await ready('ipcconfig', 'net', 'Ready');
  });
  afterAll(() => operator?.stop());

  it.each([permission('watch', 'secrets'), permission('watch', 'cronjobs', 'batch'), permission('watch', 'backupschedules', 'eevee.bot')])(
    'to $verb $resource is named by readiness and log, and a change of the time without it is seen',
    async (lost) => {
      const list = { ...lost, verb: 'list' };
      await granted(lost, list);
      await eventually(async () => (await readiness()).includes('Permissions are missing'), { what: 'the readiness' });
      expect(await readiness()).toMatch(new RegExp(`${textOf(lost)}|${textOf(list)}`));
      await warned(`cannot watch resource "${lost.resource}"`);
      // Other work continues.
      const name = `while-${lost.resource}`;
      await kube.apply(botModule(name, namespace));
      await ready('botmodule', name, 'Ready');
      await granted();
      await eventually(async () => (await fetch(`${operator.url}/readyz`)).ok, { what: 'the operator to be ready' });
    },
  );

  it('to patch deployments or volume claims is named by the status, and the change is made later', async () => {
    for (const [resource, group, spec] of [
      ['deployments', 'apps', { image: 'eevee/echo:2' }],
      // The claim has a label that names the schedule.
      ['persistentvolumeclaims', '', { backupSchedule: null }],
    ] as const) {
      const lost = permission('patch', resource, group);
      await granted(lost);
      await change('botmodule', 'echo', spec);
      const stated = async () => JSON.stringify((await kube.get<{ status?: object }>('botmodule', 'echo', '-n', namespace)).status);
      const text = JSON.stringify(textOf(lost)).slice(1, -1);
      await eventually(async () => (await stated()).includes(text), { what: `a status about ${resource}` });
      await granted();
      await eventually(async () => !(await stated()).includes(text), { what: `the change of ${resource}`, timeoutMs: 120_000 });
    }
  });

  it('to create Jobs is named by the status of a restore, which goes ahead later', async () => {
    const lost = permission('create', 'jobs', 'batch');
    await granted(lost);
    await kube.apply(backupRestore('back', namespace, 'echo'));
    await ready('backuprestore', 'back', 'Pending', textOf(lost));
    await granted();
    await ready('backuprestore', 'back', 'Succeeded');
    await ready('botmodule', 'echo', 'Ready');
  });

  it('to write a status is named by an event and the log, and the status is written later', async () => {
    const lost = permission('patch', 'botmodules/status', 'eevee.bot');
    await granted(lost);
    const errors = () => operator.metric('controller_runtime_reconcile_errors_total', { controller: 'botmodule' });
    const before = await errors();
    await change('botmodule', 'echo', { image: 'eevee/echo:3' });
    await eventually(() => hasEvent('echo', 'StatusNotWritten', textOf(lost)), { what: 'the event' });
    await warned(textOf(lost));
    expect(await errors()).toBeGreaterThan(before);
    // The change itself was made.
    const image = 'jsonpath={.spec.template.spec.containers[0].image}';
    expect(await kube.kubectl(['get', 'deployment', 'eevee-echo-module', '-n', namespace, '-o', image])).toBe('eevee/echo:3');
    await granted();
    await ready('botmodule', 'echo', 'Ready');
  });

  it('for its Lease stops its work before another operator may begin, is named by readiness, and is not missed once it is back', async () => {
    await Promise.all([
      losesItsLease({ LEADER_ELECTION: 'true' }, { leaseMs: 3_000, renewDeadlineMs: 2_000, retryMs: 400 }),
      losesItsLease({ LEADER_ELECTION: 'false' }),
    ]);
  });

  /** Each operator gives the module the URL of its own API. */
  async function losesItsLease(env: Readonly<Record<string, string>>, leaseTimes?: LeaseTimes): Promise<void> {
    const own = await servers.newNamespace();
    const rights = { user: 'leaser', namespace: own };
    await grantAllBut(kube, rights);
    const start = (name: string, kubeconfig: string, until: '/readyz' | '/health') =>
      startOperator({
        ...{ kubeconfig, namespace: own, until, reflectorTimes: QUICK, ...(leaseTimes && { leaseTimes }) },
        env: { ...env, OPERATOR_RELEASE: `bots/${name}`, OPERATOR_API_URL: `http://${name}:9000`, EEVEE_OPERATOR_API_TOKEN: name },
      });
    const deployment = () => kube.get<Deployment>('deployment', 'eevee-echo-module', '-n', own);
    const isOf = (name: string) =>
      eventually(async () => JSON.stringify((await deployment()).spec).includes(`http://${name}:9000`), { what: `the work of ${name}` });
    await using first = await start('first', await kube.kubeconfigFor(rights.user), '/readyz');
    await kube.apply(botModule('echo', own, { mountOperatorApiToken: true }));
    await isOf('first');

    await grantAllBut(kube, rights, ...VERBS.map((verb) => permission(verb, 'leases', 'coordination.k8s.io')));
    await using second = await start('second', kube.kubeconfig, '/health');
    await isOf('second');
    const { generation } = (await deployment()).metadata;
    const reason = async () => ((await (await fetch(`${first.url}/readyz`)).json()) as { readonly reason?: string }).reason ?? '';
    expect(await reason()).toContain(`cannot take Lease ${own}/eevee-operator-leader, so this operator does no work`);
    await kube.kubectl(['annotate', 'botmodule', 'echo', '-n', own, 'test/touched=once']);
    await second.idle();
    expect((await deployment()).metadata.generation).toBe(generation);

    await second.stop();
    await grantAllBut(kube, rights);
    await isOf('first');
    await eventually(async () => (await fetch(`${first.url}/readyz`)).ok, { what: 'the first to be ready' });
  }

  it('to list and watch Certificates leaves each of them requested once, and again after a change', async () => {
    const kind = foreignDefinitionName('Certificate');
    const field = (path: string) => kube.kubectl(['get', kind, 'eevee-safe-nats', '-n', namespace, '-o', `jsonpath={${path}}`]);
    const issuer = (name: string) =>
      eventually(async () => (await field('.spec.issuerRef.name')) === name, { what: `a Certificate of issuer ${name}` });
    await kube.apply(foreignDefinition('Certificate'));
    await granted(permission('list', 'certificates', 'cert-manager.io'), permission('watch', 'certificates', 'cert-manager.io'));
    const tls = (name: string) => ({ managed: { enabled: true }, token: { generate: true }, tls: { issuerRef: { name } } });
    await kube.apply(ipcConfig('safe', namespace, tls('first')));
    await issuer('first');
    await kube.apply(ipcConfig('safe', namespace, tls('second')));
    await issuer('second');
    await granted();
    // From then on, a Certificate that is deleted is requested again.
    const uid = await field('.metadata.uid');
    await eventually(
      async () => {
        await kube.kubectl(['delete', kind, 'eevee-safe-nats', '-n', namespace, '--ignore-not-found']);
        return ![uid, ''].includes(await field('.metadata.uid'));
      },
      { what: 'another Certificate' },
    );
  });

  it('to create Events is named by the log', async () => {
    const lost = permission('create', 'events');
    await granted(lost);
    await kube.apply(botModule('unheard', namespace));
    await ready('botmodule', 'unheard', 'Ready');
    await warned(textOf(lost));
    await granted();
    await kube.apply(botModule('heard', namespace));
    await eventually(() => hasEvent('heard', 'Created', 'Deployment'), { what: 'an event' });
  });

  it('to read Secrets is named by the status of a store, which is tested again later', async () => {
    const lost = permission('get', 'secrets');
    await granted(lost);
    await kube.apply(...s3Store('other', namespace, servers.s3));
    // One that was ready reads its Secret again after a change.
    await ready('s3store', 'store', 'ConnectionSuccessful');
    await kube.kubectl(['annotate', 'secret', 'store-credentials', '-n', namespace, 'test/changed=1']);
    for (const name of ['other', 'store']) await ready('s3store', name, 'ConnectionFailed', textOf(lost));
    await granted();
    for (const name of ['other', 'store']) await ready('s3store', name, 'ConnectionSuccessful');
  });
});

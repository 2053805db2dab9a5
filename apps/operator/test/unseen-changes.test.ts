import { type ControlPlane, eventually, type S3Server } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BotModule } from '@eeveebot/crds';
import type { Job } from '../src/resource-types/kubernetes.ts';
import { ApiServerProxy } from './controller/api-server-proxy.ts';
import { endPodOf } from './ended-pod.ts';
import { startOperator } from './running-operator.ts';
import { BACKUP_ID, BOOTSTRAP_JOB, CLAIM, DEPLOYMENT, MODULE, VolumeWorld } from './volume-world.ts';
import { backupRestore, backupSchedule, botModule, untilReady } from './world.ts';

const RESTORED = { exitCode: 0, message: { id: BACKUP_ID, key: 'k', files: 1 } };

describe('a change that the operator has not seen yet', () => {
  const servers = useWorld({ s3: true });
  let kube: ControlPlane;
  let s3: S3Server;

  beforeAll(() => {
    ({ kube, s3 } = servers);
  });

  it('such as a restore that has begun while another target was written keeps a requested backup from being started', async () => {
    const world = await VolumeWorld.make(kube, s3);
    const { namespace } = world;
    const jobs = async () => (await world.list<Job>('jobs')).map(({ metadata }) => metadata.name);
    await using proxy = await ApiServerProxy.before(kube.kubeconfig);
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace, server: proxy.url });
    const spec = { persistentVolumeClaim: {}, backupSchedule: { name: 'nightly' } };
    await kube.apply(backupSchedule('nightly', namespace), botModule('before', namespace, spec), botModule(MODULE, namespace, spec));
    const isScheduled = async (name: string) =>
      (await kube.get<BotModule>('botmodule', name, '-n', namespace)).status?.conditions?.some(
        ({ type, status }) => type === 'BackupScheduled' && status === 'True',
      );
    await eventually(async () => (await isScheduled('before')) === true && (await isScheduled(MODULE)) === true, {
      what: 'both modules to be scheduled',
    });

    const [asked, passed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let isHeld = false;
    proxy.arriving = async ({ method, url }) => {
      if (isHeld || method !== 'POST' || !/\/jobs(\?(?!.*dryRun)|$)/.test(url)) return;
      isHeld = true;
      asked.resolve();
      await passed.promise;
    };
    await kube.kubectl(['annotate', 'backupschedule', 'nightly', '-n', namespace, 'eevee.bot/backup-now=1']);
    await asked.promise;
    await kube.apply(backupRestore('back', namespace, MODULE));
    await world.podOf('back-restore');
    passed.resolve();
    await eventually(async () => (await jobs()).some((name) => name.startsWith('nightly-before-backup-now-')), {
      what: 'the backup of the other module',
    });
    await operator.idle();
    const own = (await jobs()).filter((name) => name.startsWith(`nightly-${MODULE}-backup-now-`));
    expect(own).toEqual([]);
    await endPodOf(kube, { namespace, name: 'back-restore' }, RESTORED);
    await untilReady(kube, { kind: 'backuprestore', name: 'back', namespace }, 'Succeeded');
    await eventually(async () => (await jobs()).some((name) => name.startsWith(`nightly-${MODULE}-backup-now-`)), {
      what: 'the backup after the restore',
    });
  });

  it('such as a restore that another operator had begun before this one took over keeps a changed module from starting', async () => {
    const world = await VolumeWorld.make(kube, s3);
    const { namespace } = world;
    const env = { LEADER_ELECTION: 'true' };
    await using first = await startOperator({ kubeconfig: kube.kubeconfig, namespace, env });
    await kube.apply(botModule(MODULE, namespace, { persistentVolumeClaim: {}, size: 3 }));
    await world.untilReplicas(3);
    await using proxy = await ApiServerProxy.before(kube.kubeconfig);
    await using second = await startOperator({ kubeconfig: kube.kubeconfig, namespace, env, server: proxy.url });
    // Its watch of BotModules works, and those of everything that shows the restore do not.
    const seen = Promise.withResolvers<void>();
    proxy.passing = async ({ url }) => (/\/(deployments|backuprestores|jobs|pods)\?.*watch=/.test(url) ? seen.promise : undefined);
    await kube.apply(backupRestore('back', namespace, MODULE));
    await world.podOf('back-restore');
    await first.stop();
    await world.patch('botmodule', MODULE, { spec: { image: 'eevee/echo:2' } });
    await untilReady(kube, { kind: 'botmodule', name: MODULE, namespace }, 'Pending', 'Job back-restore restores the volume');
    expect(await world.mayWrite()).toBe(false);
    // The same for a module that must not be changed otherwise.
    await world.patch('botmodule', MODULE, { spec: { moduleConfig: 'a: [', size: 2 } });
    await untilReady(kube, { kind: 'botmodule', name: MODULE, namespace }, 'InvalidSpec');
    await second.idle();
    expect(await world.mayWrite()).toBe(false);
    await world.patch('botmodule', MODULE, { spec: { moduleConfig: 'a: 1', size: 1 } });
    seen.resolve();
    await endPodOf(kube, { namespace, name: 'back-restore' }, RESTORED);
    await world.untilReplicas(1);
    expect((await world.deployment())?.spec?.template.spec?.containers[0]?.image).toBe('eevee/echo:2');
    expect(second.warnings).toEqual([]);
  });

  it.each<[string, string, object, (world: VolumeWorld) => Promise<unknown>]>([
    [
      'pod, whose module was stopped before it was seen,',
      'pods',
      { persistentVolumeClaim: {} },
      async (world) => {
        await world.patch('botmodule', MODULE, { spec: { enabled: false } });
        await world.gone('deployment', DEPLOYMENT);
        await world.patch('botmodule', MODULE, { spec: { enabled: true } });
      },
    ],
    [
      'deletion of a Deployment with a volume of spec.volumes',
      'deployments',
      {
        volumes: [{ name: 'files', persistentVolumeClaim: { claimName: 'files' } }],
        volumeMounts: [{ name: 'files', mountPath: '/files' }],
      },
      async (world) => {
        await world.remove('deployment', DEPLOYMENT);
        await world.gone('deployment', DEPLOYMENT);
        await world.patch('botmodule', MODULE, { spec: { image: 'eevee/echo:2' } });
      },
    ],
  ])('such as a %s keeps the module from starting beside the former pod', async (_, plural, spec, change) => {
    const world = await VolumeWorld.make(kube, s3);
    const { namespace } = world;
    await using proxy = await ApiServerProxy.before(kube.kubeconfig);
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace, server: proxy.url });
    const seen = Promise.withResolvers<void>();
    const isLate = ({ url }: { readonly url: string }) => new RegExp(`/${plural}\\?.*watch=`).test(url);
    if (plural === 'pods') proxy.passing = async (request) => (isLate(request) ? seen.promise : undefined);
    await kube.apply(botModule(MODULE, namespace, spec));
    const pod = (await world.modulePod()).metadata.name;
    await world.hold('pod', pod);
    await operator.idle();
    proxy.passing = async (request) => (isLate(request) ? seen.promise : undefined);
    await change(world);
    await untilReady(kube, { kind: 'botmodule', name: MODULE, namespace }, 'Pending', `pod ${pod} still uses the volume`);
    await world.settled(operator, '1');
    expect(await world.mayWrite()).toBe(false);
    seen.resolve();
    await world.letGo('pod', pod);
    await world.untilReplicas(1);
    expect(operator.warnings).toEqual([]);
  });

  it.each([
    ['with the marks of the former one', true],
    ['without any mark', false],
  ])('such as a claim that was created again, %s, keeps a module from running on it before its restore', async (_, isMarked) => {
    const world = await VolumeWorld.make(kube, s3);
    const { namespace } = world;
    await using proxy = await ApiServerProxy.before(kube.kubeconfig);
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace, server: proxy.url });
    const bootstrap = { persistentVolumeClaim: {}, bootstrapFromBackup: { s3Store: { name: 'store' } } };
    await kube.apply(botModule(MODULE, namespace, bootstrap));
    await endPodOf(kube, { namespace, name: BOOTSTRAP_JOB }, RESTORED);
    await world.untilReplicas(1);
    const { metadata } = await eventually(async () => {
      const claim = await world.claim();
      return claim?.metadata.annotations?.['eevee.bot/bootstrapped-claim'] === claim?.metadata.uid && claim;
    });
    await world.patch('botmodule', MODULE, { spec: { size: 0 } });
    await world.untilReplicas(0);

    const seen = Promise.withResolvers<void>();
    proxy.passing = async ({ url }) => (/persistentvolumeclaims\?.*watch=/.test(url) ? seen.promise : undefined);
    await world.remove('pvc', CLAIM);
    await world.gone('pvc', CLAIM);
    const { name, labels, annotations } = metadata;
    const recreated = { name, namespace, labels, ...(isMarked ? { annotations } : {}) };
    await kube.apply({
      ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: recreated },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    await world.patch('botmodule', MODULE, { spec: { size: 1 } });
    await untilReady(kube, { kind: 'botmodule', name: MODULE, namespace }, 'Pending', `volume claim ${CLAIM} was deleted or created again`);
    expect(await world.mayWrite()).toBe(false);
    seen.resolve();
    await endPodOf(kube, { namespace, name: BOOTSTRAP_JOB }, RESTORED);
    await world.untilReplicas(1);
    expect(operator.warnings).toEqual([]);
  });
});

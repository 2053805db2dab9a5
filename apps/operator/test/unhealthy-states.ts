import { moduleVolumeClaimName } from '@eeveebot/contract';
import { kwokPod } from '@eeveebot/testing';
import type { KubeObject } from '../src/controller/objects/kube-object.ts';
import type { State, StateWorld } from './state-world.ts';
import { backupRestore, backupSchedule, ipcConfig } from './world.ts';

const VOLUME = { persistentVolumeClaim: {} };

/** Labels and annotations of pods whose image cannot be pulled. */
const UNPULLABLE = kwokPod.imagePull('Back-off pulling image "registry.example/none:1": not found');

/** Restores a backup into the volume of a running module, with a pod whose image cannot be pulled. */
async function unpullableRestore(world: StateWorld): Promise<void> {
  const { labels: podLabels, annotations: podAnnotations } = UNPULLABLE;
  await world.volume();
  await world.backup();
  await world.apply(...world.store(), world.module(VOLUME), backupRestore('back', world.namespace, 'echo', { podLabels, podAnnotations }));
}

/** States that could be mistaken for healthy ones. */
export const STATES: readonly State[] = [
  {
    what: 'backups whose image cannot be pulled',
    at: ['botmodule', 'echo'],
    condition: ['BackupScheduled', 'False', 'BackupFailing'],
    says: ['makes no progress', 'ImagePullBackOff'],
    event: 'BackupFailing',
    make: async (world) => {
      const { labels: podLabels, annotations: podAnnotations } = UNPULLABLE;
      await world.volume();
      await world.apply(
        ...world.store(),
        backupSchedule('nightly', world.namespace, { podLabels, podAnnotations }),
        world.module({ ...VOLUME, backupSchedule: { name: 'nightly' } }),
      );
      await world.ready('botmodule', 'echo', 'Ready');
      await world.ready('backupschedule', 'nightly', 'CronJobsCreated');
      await world.kubectl('annotate', 'backupschedule', 'nightly', 'eevee.bot/backup-now=1');
    },
  },
  {
    what: 'a schedule whose Jobs a quota refuses',
    at: ['backupschedule', 'nightly'],
    condition: ['Ready', 'Unknown', 'Pending'],
    says: ['exceeded quota: none'],
    event: 'Refused',
    make: async (world) => {
      await world.quota('count/cronjobs.batch=0');
      await world.apply(
        ...world.store(),
        backupSchedule('nightly', world.namespace),
        world.module({ ...VOLUME, backupSchedule: { name: 'nightly' } }),
      );
    },
  },
  {
    what: 'a volume that is not bound',
    at: ['botmodule', 'echo'],
    condition: ['Ready', 'False', 'Unavailable'],
    says: ['eevee-echo-module-pvc'],
    make: (world) => world.apply(world.module({ persistentVolumeClaim: { storageClassName: 'absent' } })),
  },
  {
    what: 'pods that a quota refuses',
    at: ['botmodule', 'echo'],
    condition: ['Ready', 'False', 'Unavailable'],
    says: ['exceeded quota: none'],
    make: async (world) => {
      await world.quota('pods=0');
      await world.apply(world.module());
    },
  },
  {
    what: 'a volume that may not grow',
    at: ['botmodule', 'echo'],
    condition: ['VolumeInSync', 'False', 'ResizeRefused'],
    says: ['cannot be grown to 2Gi'],
    event: 'ResizeRefused',
    make: async (world) => {
      await world.volume();
      await world.apply(world.module(VOLUME));
      await world.ready('botmodule', 'echo', 'Ready');
      await world.apply(world.module({ persistentVolumeClaim: { resources: { requests: { storage: '2Gi' } } } }));
    },
  },
  {
    what: 'a volume claim that is deleted under a running module',
    at: ['botmodule', 'echo'],
    condition: ['Ready', 'Unknown', 'Pending'],
    says: ['is being deleted', 'copy the data that you need, then set spec.size to 0'],
    make: async (world) => {
      await world.volume();
      await world.apply(world.module(VOLUME));
      await world.ready('botmodule', 'echo', 'Ready');
      await world.kubectl('delete', 'pvc', moduleVolumeClaimName('echo'), '--wait=false');
    },
  },
  {
    what: 'a module whose image cannot be pulled',
    at: ['botmodule', 'echo'],
    condition: ['Ready', 'False', 'Unavailable'],
    says: ['ImagePullBackOff', 'registry.example/none:1'],
    make: (world) => world.apply(world.module({ podLabels: UNPULLABLE.labels, podAnnotations: UNPULLABLE.annotations })),
  },
  {
    what: 'an S3 store that is away',
    at: ['s3store', 'store'],
    condition: ['Ready', 'False', 'ConnectionFailed'],
    says: ['http://127.0.0.1:1'],
    event: 'ConnectionFailed',
    make: (world) => world.apply(...world.store({ endpoint: 'http://127.0.0.1:1' })),
  },
  {
    what: 'a first start from an S3 store that is away',
    at: ['botmodule', 'echo'],
    condition: ['Ready', 'Unknown', 'Pending'],
    says: ['S3Store store is not ready', '127.0.0.1:1'],
    make: (world) =>
      world.apply(
        ...world.store({ endpoint: 'http://127.0.0.1:1' }),
        world.module({ ...VOLUME, bootstrapFromBackup: { s3Store: { name: 'store' } } }),
      ),
  },
  {
    what: 'a restore from an S3 store that is away',
    at: ['backuprestore', 'back'],
    condition: ['Ready', 'False', 'S3StoreNotReady'],
    says: ['S3Store store', '127.0.0.1:1'],
    make: (world) =>
      world.apply(...world.store({ endpoint: 'http://127.0.0.1:1' }), world.module(VOLUME), backupRestore('back', world.namespace, 'echo')),
  },
  {
    what: 'a restore without a backup',
    at: ['backuprestore', 'back'],
    condition: ['Ready', 'False', 'NoBackupsFound'],
    says: ['there is no backup of module echo in S3Store store'],
    make: (world) => world.apply(...world.store(), world.module(VOLUME), backupRestore('back', world.namespace, 'echo')),
  },
  {
    what: 'a restore whose Job a quota refuses',
    at: ['backuprestore', 'back'],
    condition: ['Ready', 'Unknown', 'Pending'],
    says: ['the API server rejects', 'exceeded quota: none'],
    event: 'Refused',
    make: async (world) => {
      await world.quota('count/jobs.batch=0');
      await world.backup();
      await world.apply(...world.store(), world.module(VOLUME), backupRestore('back', world.namespace, 'echo'));
    },
  },
  {
    what: 'a restore of a paused module',
    at: ['backuprestore', 'back'],
    condition: ['Ready', 'Unknown', 'Pending'],
    says: ['is paused', 'remove its annotation eevee.bot/paused'],
    make: async (world) => {
      await world.backup();
      await world.apply(...world.store(), world.module(VOLUME));
      await world.kubectl('annotate', 'botmodule', 'echo', 'eevee.bot/paused=true');
      await world.apply(backupRestore('back', world.namespace, 'echo'));
    },
  },
  {
    what: 'NATS that a quota refuses',
    at: ['ipcconfig', 'net'],
    condition: ['Ready', 'Unknown', 'Pending'],
    says: ['the API server rejects', 'exceeded quota: none'],
    event: 'Refused',
    make: async (world) => {
      await world.quota('services=0');
      await world.apply(ipcConfig('net', world.namespace));
    },
  },
  {
    what: 'NATS whose image cannot be pulled',
    at: ['ipcconfig', 'net'],
    condition: ['Ready', 'False', 'Unavailable'],
    says: ['ImagePullBackOff'],
    make: (world) =>
      world.apply(
        ipcConfig('net', world.namespace, {
          ...{ managed: { enabled: true, podLabels: UNPULLABLE.labels, podAnnotations: UNPULLABLE.annotations } },
          token: { generate: true },
        }),
      ),
  },
  {
    what: 'a token Secret that another resource controls',
    at: ['ipcconfig', 'net'],
    condition: ['Ready', 'Unknown', 'Pending'],
    says: ['Secret eevee-net-nats-auth belongs to ConfigMap vault', 'delete or rename one of the two resources'],
    event: 'Refused',
    make: async (world) => {
      await world.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'vault', namespace: world.namespace } });
      const { metadata } = await world.kube.get<KubeObject>('configmap', 'vault', '-n', world.namespace);
      const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'vault', uid: metadata.uid, controller: true }];
      await world.apply(
        { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'eevee-net-nats-auth', namespace: world.namespace, ownerReferences } },
        ipcConfig('net', world.namespace),
      );
    },
  },
  {
    what: 'a restore whose image cannot be pulled',
    at: ['backuprestore', 'back'],
    condition: ['Ready', 'Unknown', 'Running'],
    says: ['ImagePullBackOff', 'registry.example/none:1'],
    event: 'NoProgress',
    make: unpullableRestore,
  },
  {
    what: 'a module whose restore makes no progress',
    at: ['botmodule', 'echo'],
    condition: ['Ready', 'Unknown', 'Updating'],
    says: ['stopped while BackupRestore back restores its volume, which makes no progress: ', 'ImagePullBackOff'],
    make: async (world) => {
      await unpullableRestore(world);
      await world.ready('backuprestore', 'back', 'Running');
    },
  },
  {
    what: 'a schedule that Kubernetes rejects',
    at: ['backupschedule', 'nightly'],
    condition: ['Ready', 'False', 'InvalidSpec'],
    says: ['Kubernetes rejects spec.schedule', '61 3 * * *'],
    event: 'InvalidSpec',
    make: (world) => world.apply(...world.store(), backupSchedule('nightly', world.namespace, { schedule: '61 3 * * *' })),
  },
  {
    what: 'a module whose IpcConfig is missing',
    at: ['botmodule', 'echo'],
    condition: ['Ready', 'Unknown', 'Pending'],
    says: ['spec.ipcConfig names IpcConfig net, which does not exist', 'create it or correct the name'],
    make: (world) => world.apply(world.module({ ipcConfig: 'net' })),
  },
  {
    what: 'a moduleConfig that is not YAML',
    at: ['botmodule', 'echo'],
    condition: ['Ready', 'False', 'InvalidSpec'],
    says: ['spec.moduleConfig'],
    event: 'InvalidSpec',
    make: (world) => world.apply(world.module({ moduleConfig: 'a: [1' })),
  },
];

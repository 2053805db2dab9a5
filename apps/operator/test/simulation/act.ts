import { setTimeout as pause } from 'node:timers/promises';
import { ApiException, type KubernetesObject } from '@kubernetes/client-node';
import { moduleVolumeClaimName } from '@eeveebot/contract';
import type { BotModuleSpecInput } from '@eeveebot/crds';
import { KubectlError } from '@eeveebot/testing';
import { backupRestore, backupSchedule, botModule, ipcConfig, s3Store } from '../world.ts';
import { type Action, type Disturbance, type ModuleAction, MODULES, type PersonalObject } from './actions.ts';
import { disturb, isDisturbance } from './disturb.ts';
import { recreateClaim } from './recreate-claim.ts';
import type { Stage } from './stage.ts';

/** The ConfigMap that represents another controller: it owns the objects of users. */
const PERSON = 'person';

/** A claim of a user that both modules may mount. */
const SHARED_CLAIM = 'shared';

/** Seconds that a restore may claim a module that does not stop. */
export const STOP_TIMEOUT_S = 20;

/** Creates the initial objects of every history. */
export async function setTheStage({ cluster, namespace }: Pick<Stage, 'cluster' | 'namespace'>): Promise<void> {
  const objects = [
    ...s3Store('store', namespace, cluster.store),
    ipcConfig('net', namespace),
    backupSchedule('nightly', namespace),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: PERSON, namespace }, data: {} },
    {
      ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: SHARED_CLAIM, namespace } },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    },
  ];
  for (const object of objects) await cluster.apply(object);
}

/** Carries out one action. Ignores refusals because an object is missing or being deleted. */
export async function act(action: Action, stage: Stage): Promise<void> {
  try {
    await (isDisturbance(action) ? disturb(action, stage.operator) : carryOut(action, stage));
  } catch (error) {
    if (!isExpected(error)) throw error;
  }
}

async function carryOut(action: Exclude<Action, Disturbance>, stage: Stage): Promise<void> {
  const { cluster, namespace } = stage;
  const kubectl = (...args: readonly string[]): Promise<string> => cluster.kube.kubectl(['-n', namespace, ...args]);
  const annotate = (kind: string, name: string, annotation: string): Promise<string> =>
    kubectl('annotate', kind, name, '--overwrite', annotation);
  switch (action.do) {
    case 'put-module':
      return cluster.apply(botModule(action.module, namespace, moduleSpec(action)));
    case 'put-restore':
      return cluster.apply(backupRestore(action.restore, namespace, action.module, { stopTimeoutSeconds: STOP_TIMEOUT_S }));
    case 'put-schedule':
      return cluster.apply(backupSchedule('nightly', namespace, { suspend: action.suspend }));
    case 'delete':
      await kubectl('delete', action.kind, action.name, '--wait=false', `--cascade=${action.cascade ?? 'background'}`);
      return;
    case 'delete-labelled':
      await kubectl('delete', action.kind, '-l', action.selector, '--wait=false');
      return;
    case 'backup-now':
      await annotate('backupschedule', 'nightly', `eevee.bot/backup-now=${action.value}`);
      return;
    case 'pause':
      await annotate(action.kind, action.name, `eevee.bot/paused=${action.paused}`);
      return;
    case 'put-personal':
      stage.personalObjectMade(await cluster.objects.create(await personalObject(action.object, stage)));
      return;
    case 'replace-with-personal':
      return replaceWithPersonal(action.object, stage);
    case 'rotate-token':
      await annotate('ipcconfig', 'net', `eevee.bot/rotate-token=${action.value}`);
      return;
    case 'quota':
      await (action.jobs ? kubectl('delete', 'resourcequota', 'jobs') : cluster.apply(noJobs(namespace)));
      return;
    case 'store':
      return cluster.setStoreAnswers(action.answers);
    case 'recreate-claim':
      return recreateClaim(action.module, stage);
    case 'restart-api':
      return cluster.restartApiServer(action);
  }
}

function moduleSpec({ module, isRenamed, enabled, image, scheduled, bootstrap, mounts }: ModuleAction): Partial<BotModuleSpecInput> {
  const other = module === MODULES[0] ? MODULES[1] : MODULES[0];
  const claimName = mounts === 'shared' ? SHARED_CLAIM : moduleVolumeClaimName(other);
  return {
    ...(isRenamed && { moduleName: other }),
    ...{ enabled, image, ipcConfig: 'net', persistentVolumeClaim: {}, moduleConfig: `image: ${image}` },
    ...(scheduled && { backupSchedule: { name: 'nightly' } }),
    ...(bootstrap && { bootstrapFromBackup: { s3Store: { name: 'store' } } }),
    ...(mounts !== undefined && {
      volumes: [{ name: 'more', persistentVolumeClaim: { claimName } }],
      volumeMounts: [{ name: 'more', mountPath: '/more' }],
    }),
  };
}

/** Time in which the operator sees a deletion; it recreates the object soon after. */
const SEES_DELETION_MS = 10;

/** Time for which the operator does not see the user's object: it must not treat an object as absent that it has not seen. */
const UNSEEN_MS = 1_000;

/** Deletes the object with the name of the user's, unless it already is the user's, and creates the user's at once. */
async function replaceWithPersonal(wanted: PersonalObject, stage: Stage): Promise<void> {
  const { cluster, namespace } = stage;
  const object = await personalObject(wanted, stage);
  const existing = await cluster.objects.read({ ...object, metadata: { name: wanted.name, namespace } }).catch(ignoreRefusal);
  if (existing?.metadata?.ownerReferences?.some(({ kind: owner, name: ownerName }) => owner === 'ConfigMap' && ownerName === PERSON))
    return;
  if (existing !== undefined) {
    await cluster.objects.delete(existing, undefined, undefined, 0, undefined, 'Background');
    await pause(SEES_DELETION_MS);
    stage.operator.api.lag(`${wanted.kind.toLowerCase()}s`, UNSEEN_MS);
  }
  stage.personalObjectMade(await cluster.objects.create(object));
}

function ignoreRefusal(error: unknown): undefined {
  if (!isExpected(error)) throw error;
}

const noJobs = (namespace: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'jobs', namespace },
  ...{ spec: { hard: { 'count/jobs.batch': '0' } } },
});

/** An object that another controller owns. */
async function personalObject({ kind, name }: PersonalObject, { cluster, namespace }: Stage): Promise<KubernetesObject> {
  const owner = await cluster.kube.get<KubernetesObject>('configmap', PERSON, '-n', namespace);
  const uid = owner.metadata?.uid ?? '';
  const pods = { metadata: { labels: { person: name } }, spec: { restartPolicy: 'Never', containers: [{ name: 'own', image: 'own:1' }] } };
  const always = { ...pods, spec: { containers: pods.spec.containers } };
  const content = {
    ConfigMap: { apiVersion: 'v1', data: { own: 'data' } },
    Secret: { apiVersion: 'v1', stringData: { own: 'data', token: 'own-token' } },
    Deployment: { apiVersion: 'apps/v1', spec: { replicas: 0, selector: { matchLabels: { person: name } }, template: always } },
    Job: { apiVersion: 'batch/v1', spec: { suspend: true, template: pods } },
    CronJob: { apiVersion: 'batch/v1', spec: { schedule: '0 0 1 1 *', suspend: true, jobTemplate: { spec: { template: pods } } } },
  }[kind];
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: PERSON, uid, controller: true }];
  return { ...content, kind, metadata: { name, namespace, ownerReferences } };
}

/** Refusals that a user would see and ignore. */
function isExpected(error: unknown): boolean {
  if (error instanceof ApiException) return [403, 404, 409, 422].includes(error.code);
  return error instanceof KubectlError && /NotFound|AlreadyExists|Conflict|not found|object has been modified/.test(error.message);
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { eventually, type ControlPlane, type S3Server } from '@eeveebot/testing';
import type { BackupRestore } from '@eeveebot/crds';
import type { CoreEvent, Deployment, Job, PersistentVolumeClaim, Pod } from '../src/resource-types/kubernetes.ts';
import type { RunningOperator } from './running-operator.ts';
import { backupRestore, botModule, newNamespace, s3Store } from './world.ts';

export const BACKUP_ID = '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d';
export const MODULE = 'echo';
export const CLAIM = 'eevee-echo-module-pvc';
export const DEPLOYMENT = 'eevee-echo-module';
export const BOOTSTRAP_JOB = 'eevee-echo-bootstrap-restore';

/** Finalizer that keeps a deleted object, like a pod whose node does not respond. */
const HOLD = 'test.example/hold';

/** A node without a kubelet. */
export const SILENT_NODE = 'silent';

/** A namespace with a store that has a backup of the module, on a control plane without nodes: pods stay Pending. */
export class VolumeWorld {
  readonly kube: ControlPlane;
  readonly namespace: string;

  private constructor(kube: ControlPlane, namespace: string) {
    this.kube = kube;
    this.namespace = namespace;
  }

  static async make(kube: ControlPlane, s3: S3Server): Promise<VolumeWorld> {
    const world = new VolumeWorld(kube, await newNamespace(kube));
    const file = join(s3.folder, 'buckets/backups', world.namespace, MODULE, `${BACKUP_ID}.tar.gz`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'whatever');
    await kube.apply(...s3Store('store', world.namespace, s3));
    return world;
  }

  async list<T>(kind: string): Promise<readonly T[]> {
    return (await this.kube.get<{ items: readonly T[] }>(kind, '-n', this.namespace)).items;
  }

  async find<T extends { readonly metadata: { readonly name: string } }>(kind: string, name: string): Promise<T | undefined> {
    return (await this.list<T>(kind)).find(({ metadata }) => metadata.name === name);
  }

  readonly deployment = () => this.find<Deployment>('deployments', DEPLOYMENT);
  readonly claim = () => this.find<PersistentVolumeClaim>('pvc', CLAIM);
  readonly job = (name: string) => this.find<Job>('jobs', name);
  readonly restore = (name: string) => this.find<BackupRestore>('backuprestores', name);

  /** Pods of restores that have not ended, including Terminating ones. */
  async restorePods(): Promise<readonly Pod[]> {
    return (await this.list<Pod>('pods')).filter(
      ({ metadata, status }) =>
        metadata.labels?.['app.kubernetes.io/component'] === 'restore' && status?.phase !== 'Succeeded' && status?.phase !== 'Failed',
    );
  }

  /** Messages of the events about objects of a kind. */
  async eventMessages(kind: string): Promise<readonly string[]> {
    const events = await this.list<CoreEvent>('events');
    return events.filter(({ involvedObject }) => involvedObject.kind === kind).map(({ message = '' }) => message);
  }

  /** Waits for the pod of a Job. */
  podOf(job: string): Promise<Pod> {
    return eventually(async () => (await this.restorePods()).find(({ metadata }) => metadata.labels?.['job-name'] === job), {
      what: `a pod of Job ${job}`,
    });
  }

  /** Waits for a pod of the module. */
  modulePod(): Promise<Pod> {
    return eventually(
      async () => (await this.list<Pod>('pods')).find(({ metadata }) => metadata.labels?.['app.kubernetes.io/component'] === 'module'),
      { what: 'a pod of the module' },
    );
  }

  /** Waits until the module has this number of replicas. */
  async untilReplicas(replicas: number): Promise<void> {
    await eventually(async () => (await this.deployment())?.spec?.replicas === replicas, {
      what: `the module to have ${replicas} replicas`,
    });
  }

  /** Starts a restore `back` of a running module. @returns the name of its pod, which stays Terminating when it is deleted. */
  async runningRestore(): Promise<string> {
    await this.kube.apply(botModule(MODULE, this.namespace, { persistentVolumeClaim: {} }));
    await this.untilReplicas(1);
    await this.kube.apply(backupRestore('back', this.namespace, MODULE));
    const { metadata } = await this.podOf('back-restore');
    await this.hold('pod', metadata.name);
    return metadata.name;
  }

  /** Changes the module, and waits until Kubernetes has begun to delete its pod. */
  async changeUntilPodEnds(spec: object): Promise<void> {
    const { metadata } = await this.modulePod();
    await this.patch('botmodule', MODULE, { spec });
    await eventually(async () => (await this.find<Pod>('pods', metadata.name))?.metadata.deletionTimestamp !== undefined, {
      what: `pod ${metadata.name} to be deleted`,
    });
  }

  /** Whether the module could write to its volume. */
  async mayWrite(): Promise<boolean> {
    const deployment = await this.deployment();
    return deployment !== undefined && deployment.spec?.replicas !== 0;
  }

  patch(kind: string, name: string, body: object, ...options: readonly string[]): Promise<string> {
    return this.kube.kubectl(['patch', kind, name, '-n', this.namespace, '--type=merge', '-p', JSON.stringify(body), ...options]);
  }

  /**
   * Keeps an object Terminating when it is deleted. A pod is bound to a node that does not respond: Kubernetes itself removes deleted pods
   * without a node, every 20 seconds.
   */
  async hold(kind: string, name: string): Promise<void> {
    if (kind === 'pod') await this.#bind(name);
    const object = await this.kube.get<Pod>(kind, name, '-n', this.namespace);
    await this.patch(kind, name, { metadata: { finalizers: [...(object.metadata.finalizers ?? []), HOLD] } });
  }

  /** Runs a pod on a node that then does not respond, as the kubelet and after it the node controller report that. */
  async runOnLostNode(pod: string): Promise<void> {
    await this.#bind(pod);
    const { spec } = await this.kube.get<Pod>('pod', pod, '-n', this.namespace);
    const containerStatuses = spec?.containers.map(({ name, image = '' }) => ({
      ...{ name, image, imageID: '', ready: true, restartCount: 0, state: { running: { startedAt: new Date().toISOString() } } },
    }));
    const conditions = [{ type: 'Ready', status: 'False' }];
    await this.patch('pod', pod, { status: { phase: 'Running', conditions, containerStatuses } }, '--subresource=status');
  }

  async #bind(pod: string): Promise<void> {
    await this.kube.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: SILENT_NODE } });
    const target = { apiVersion: 'v1', kind: 'Node', name: SILENT_NODE };
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name: pod }, target };
    await this.kube.kubectl(['create', '--raw', `/api/v1/namespaces/${this.namespace}/pods/${pod}/binding`, '-f', '-'], {
      input: JSON.stringify(binding),
    });
  }

  async letGo(kind: string, name: string): Promise<void> {
    const object = await eventually(() => this.#withoutHold(kind, name), { what: `the finalizer of ${kind} ${name} to be removed` });
    // In place of the kubelet.
    if (kind === 'pod' && object.metadata.deletionTimestamp !== undefined)
      await this.kube.kubectl(['delete', 'pod', name, '-n', this.namespace, '--force', '--grace-period=0', '--ignore-not-found']);
  }

  /** @throws KubectlError if another client removes a finalizer at the same time. */
  async #withoutHold(kind: string, name: string): Promise<Pod> {
    const object = await this.kube.get<Pod>(kind, name, '-n', this.namespace);
    const finalizers = (object.metadata.finalizers ?? []).filter((finalizer) => finalizer !== HOLD);
    await this.patch(kind, name, { metadata: { finalizers } });
    return object;
  }

  async remove(kind: string, name: string): Promise<void> {
    await this.kube.kubectl(['delete', kind, name, '-n', this.namespace, '--wait=false']);
  }

  async gone(kind: string, name: string): Promise<void> {
    await eventually(async () => (await this.find(kind, name)) === undefined, { what: `${kind} ${name} to be gone`, timeoutMs: 60_000 });
  }

  /** Waits until the operator has reconciled everything again and is idle. */
  async settled(operator: RunningOperator, touch: string): Promise<void> {
    const before = await operator.reconciles();
    await this.kube.kubectl(['annotate', 'botmodules,backuprestores', '--all', '-n', this.namespace, '--overwrite', `test/touch=${touch}`]);
    await eventually(async () => (await operator.reconciles()) > before, { what: 'the operator to look again' });
    await operator.idle();
  }
}

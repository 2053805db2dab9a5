import type { BackupSchedule, Condition } from '@eeveebot/crds';
import { type ControlPlane, DEFINITIONS, eventually, type S3Server, startControlPlane, startS3Server } from '@eeveebot/testing';
import type { CoreEvent, Job, Pod } from '../src/resource-types/kubernetes.ts';
import { endPodOf, type Ending } from './ended-pod.ts';
import { startOperator, type RunningOperator } from './running-operator.ts';
import { botModule, newNamespace, s3Store, untilReady } from './world.ts';

/** Spec of a module that can be backed up. */
export const VOLUME = { persistentVolumeClaim: { accessModes: ['ReadWriteOnce' as const] } };

/** Ids of backups, in the order of their creation. */
export const idOf = (number: number): string => `0d7b6a54-6f6c-4f5e-9c43-00000000000${number}`;

/** Name of the Job that verifies a backup of module `seen`, which schedule `proved` backs up. */
export const verificationOf = (id: string): string => `proved-seen-verify-${id}`;

/** An operator, an S3 server and its S3Store `store`, on a cluster without nodes: the test ends the pods in place of the tool. */
export class VerificationWorld implements AsyncDisposable {
  readonly kube: ControlPlane;
  readonly s3: S3Server;
  readonly namespace: string;
  operator: RunningOperator;

  private constructor(given: Pick<VerificationWorld, 'kube' | 's3' | 'namespace' | 'operator'>) {
    this.kube = given.kube;
    this.s3 = given.s3;
    this.namespace = given.namespace;
    this.operator = given.operator;
  }

  static async start(): Promise<VerificationWorld> {
    const [kube, s3] = await Promise.all([startControlPlane({ definitions: DEFINITIONS }), startS3Server({ buckets: ['backups'] })]);
    try {
      const namespace = await newNamespace(kube);
      const operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
      await kube.apply(...s3Store('store', namespace, s3));
      await untilReady(kube, { kind: 's3store', name: 'store', namespace }, 'ConnectionSuccessful');
      return new VerificationWorld({ kube, s3, namespace, operator });
    } catch (error) {
      await Promise.all([kube.stop(), s3.stop()]);
      throw error;
    }
  }

  async restartOperator(): Promise<void> {
    await this.operator.stop();
    this.operator = await startOperator({ kubeconfig: this.kube.kubeconfig, namespace: this.namespace });
  }

  get<T>(kind: string, name: string): Promise<T> {
    return this.kube.get<T>(kind, name, '-n', this.namespace);
  }

  async list<T>(kind: string, ...args: readonly string[]): Promise<readonly T[]> {
    return (await this.kube.get<{ items: readonly T[] }>(kind, '-n', this.namespace, ...args)).items;
  }

  async names(kind: string): Promise<readonly string[]> {
    return (await this.list<Job>(kind)).map(({ metadata }) => metadata.name).toSorted();
  }

  /** Changes the spec of a resource. */
  async patch(kind: string, name: string, spec: object): Promise<void> {
    await this.kubectl('patch', kind, name, '--type=merge', '-p', JSON.stringify({ spec }));
  }

  async annotate(kind: string, name: string, value: string): Promise<void> {
    await this.kubectl('annotate', kind, name, '--overwrite', value);
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return this.kube.kubectl([...args, '-n', this.namespace]);
  }

  /** A module that a schedule backs up. */
  scheduled(name: string, schedule: string): object {
    return botModule(name, this.namespace, { ...VOLUME, backupSchedule: { name: schedule } });
  }

  /** Ends the newest pod of a Job. */
  end(job: string, ending: Ending): Promise<Pod> {
    return endPodOf(this.kube, { namespace: this.namespace, name: job }, ending);
  }

  async statusOf(schedule: string): Promise<BackupSchedule['status']> {
    return (await this.get<BackupSchedule>('backupschedule', schedule)).status;
  }

  ready(kind: Parameters<typeof untilReady>[1]['kind'], name: string, reason: string): Promise<Condition> {
    return untilReady(this.kube, { kind, name, namespace: this.namespace }, reason);
  }

  /** Waits until condition Verified of a schedule has this status, and this text in its message. */
  untilVerified(schedule: string, status: Condition['status'], text = ''): Promise<Condition> {
    return eventually(async () => {
      const verified = (await this.statusOf(schedule))?.conditions?.find(({ type }) => type === 'Verified');
      if (verified?.status !== status || !verified.message.includes(text)) {
        throw new Error(`Verified is ${verified?.status} ${verified?.reason}: ${verified?.message}`);
      }
      return verified;
    });
  }

  /** Waits until an event on a resource contains the text, which begins with its type and reason. */
  async untilEvent(kind: string, name: string, text: string): Promise<void> {
    const about = ['--field-selector', `involvedObject.kind=${kind},involvedObject.name=${name}`];
    await eventually(async () => {
      const events = (await this.list<CoreEvent>('events', ...about)).map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
      if (events.some((event) => event.includes(text))) return true;
      throw new Error(`the events are: ${events.join('\n')}`);
    });
  }

  /** Value of a metric of a module; NaN when it does not exist. */
  metric(name: string, module: string): Promise<number> {
    return this.operator.metric(name, { namespace: this.namespace, name: module });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.operator.stop();
    await this.s3.stop();
    await this.kube.stop();
  }
}

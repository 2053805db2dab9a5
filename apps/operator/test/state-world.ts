import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { moduleVolumeClaimName } from '@eeveebot/contract';
import type { Condition } from '@eeveebot/crds';
import type { ControlPlane, S3Server } from '@eeveebot/testing';
import { botModule, s3Store, untilReady } from './world.ts';

/** An unhealthy state, and the report that a user sees. */
export interface State {
  readonly what: string;
  /** Creates the state. */
  make(world: StateWorld): Promise<void>;
  /** Resource that must report it. */
  readonly at: readonly [kind: string, name: string];
  /** Condition that reports it: type, status and reason. */
  readonly condition: readonly [type: string, status: string, reason: string];
  /** Parts of the message: the cause, and the fix if there is one for the user. */
  readonly says: readonly string[];
  /** Reason of a Warning event; absent if no event is recorded. */
  readonly event?: string;
}

/** A namespace on a cluster whose nodes run every pod. */
export class StateWorld {
  readonly kube: ControlPlane;
  readonly s3: S3Server;
  readonly namespace: string;

  constructor(given: Pick<StateWorld, 'kube' | 's3' | 'namespace'>) {
    this.kube = given.kube;
    this.s3 = given.s3;
    this.namespace = given.namespace;
  }

  async apply(...objects: readonly object[]): Promise<void> {
    await this.kube.apply(...objects);
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return this.kube.kubectl([...args, '-n', this.namespace]);
  }

  module(spec: object = {}): object {
    return botModule('echo', this.namespace, spec);
  }

  store(given: object = {}): readonly object[] {
    return s3Store('store', this.namespace, this.s3, given);
  }

  async quota(hard: string): Promise<void> {
    await this.kubectl('create', 'quota', 'none', `--hard=${hard}`);
  }

  /** A volume only for the claim of this namespace's module. */
  async volume(): Promise<void> {
    await this.kube.apply({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: `volume-${this.namespace}` },
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        hostPath: { path: '/nowhere' },
        claimRef: { namespace: this.namespace, name: moduleVolumeClaimName('echo') },
      },
    });
  }

  /** A backup of the module in the store. */
  async backup(): Promise<void> {
    const folder = join(this.s3.folder, 'buckets/backups', this.namespace, 'echo');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d.tar.gz'), 'whatever');
  }

  async ready(kind: Parameters<typeof untilReady>[1]['kind'], name: string, reason: string): Promise<void> {
    await untilReady(this.kube, { kind, name, namespace: this.namespace }, reason);
  }

  /** Condition of a resource. */
  async condition([kind, name]: State['at'], type: string): Promise<Condition | undefined> {
    const { status } = await this.kube.get<{ status?: { conditions?: readonly Condition[] } }>(kind, name, '-n', this.namespace);
    return status?.conditions?.find((condition) => condition.type === type);
  }

  /** Output of `kubectl describe`, including events. */
  describe([kind, name]: State['at']): Promise<string> {
    return this.kubectl('describe', kind, name);
  }
}

import { KubeConfig, KubernetesObjectApi, PatchStrategy, type KubernetesObject } from '@kubernetes/client-node';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ControlPlane,
  DEFINITIONS,
  type FaultProxy,
  type Kwok,
  type S3Server,
  startControlPlane,
  startFaultProxy,
  startKwok,
  startS3Server,
} from '@eeveebot/testing';
import { makeVolumes } from '../world.ts';
import { MODULES } from './actions.ts';

/** Each deleted claim leaves its volume unusable. */
const VOLUMES = 150;

/** Reads every request, and responds to none. */
const HANGING = { fault: { kind: 'stall-upload', afterBytes: 0 }, strikes: () => true, times: Infinity } as const;

/** A control plane, nodes with slow pods, and an S3 server with a backup of each module. */
export class SimulatedCluster implements AsyncDisposable {
  readonly kube: ControlPlane;
  readonly objects: KubernetesObjectApi;
  readonly #kwok: Kwok;
  readonly #s3: S3Server;
  readonly #proxy: FaultProxy;

  private constructor(parts: { kube: ControlPlane; kwok: Kwok; s3: S3Server; proxy: FaultProxy }) {
    this.kube = parts.kube;
    this.#kwok = parts.kwok;
    this.#s3 = parts.s3;
    this.#proxy = parts.proxy;
    const config = new KubeConfig();
    config.loadFromFile(parts.kube.kubeconfig);
    this.objects = KubernetesObjectApi.makeApiClient(config);
  }

  static async start(): Promise<SimulatedCluster> {
    const [kube, s3] = await Promise.all([
      startControlPlane({ scheduler: true, definitions: DEFINITIONS }),
      startS3Server({ buckets: ['backups'] }),
    ]);
    const [kwok, proxy] = await Promise.all([startKwok(kube, { slowPods: true }), startFaultProxy(s3.port)]);
    await makeVolumes(
      kube,
      Array.from({ length: VOLUMES }, (_, index) => `volume-${index}`),
    );
    return new SimulatedCluster({ kube, kwok, s3, proxy });
  }

  /** Creates the namespace of a history, with the backups that it may restore. */
  async makeNamespace(namespace: string): Promise<void> {
    await this.kube.createNamespace(namespace);
    for (const [index, module] of MODULES.entries()) {
      const folder = join(this.#s3.folder, 'buckets/backups', namespace, module);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c${index}d.tar.gz`), 'whatever');
    }
  }

  /** Endpoint and credentials of the S3 server for operators. */
  get store() {
    return { endpoint: this.#proxy.endpoint, credentials: this.#s3.credentials };
  }

  /** Whether the S3 server responds; otherwise requests hang. */
  setStoreAnswers(answers: boolean): void {
    this.#proxy.clear();
    if (!answers) this.#proxy.add(HANGING);
  }

  /** Ends the API server, and starts it again with the data of etcd. */
  async restartApiServer({ how, compacts }: { readonly how: 'stop' | 'kill'; readonly compacts: boolean }): Promise<void> {
    await (how === 'kill' ? this.kube.killApiServer() : this.kube.stopApiServer());
    if (compacts) await this.kube.compactHistory();
    await this.kube.startApiServer();
  }

  /** Applies an object as a user, and takes over fields of other managers. */
  async apply(object: KubernetesObject): Promise<void> {
    await this.objects.patch(object, undefined, undefined, 'user', true, PatchStrategy.ServerSideApply);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kwok.stop();
    await this.#proxy[Symbol.asyncDispose]();
    await this.#s3.stop();
    await this.kube.stop();
  }
}

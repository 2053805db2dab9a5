import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { apiServerProbe } from './api-server-probe.ts';
import { binary, GO_ENVIRONMENT } from '../programs/binaries.ts';
import { type CertificateAuthority, certificateAuthority, type Identity, tokenSigningKey } from '../certificates/certificates.ts';
import { compactEtcd } from './etcd.ts';
import { eventually } from '../waiting/eventually.ts';
import { ADMINISTRATORS, type KubernetesUser, writeKubeconfig } from './kubeconfig.ts';
import { KubectlClient } from './kubectl.ts';
import { ServerFolder } from '../processes/folder.ts';
import { freePort } from '../processes/ports.ts';
import { ServerProcess } from '../processes/server-process.ts';

export interface ControlPlaneOptions {
  /** Garbage collection, Deployments, Jobs, service accounts. On by default. */
  readonly controllerManager?: boolean;
  /** Places pods on nodes. Off by default: pods stay Pending. */
  readonly scheduler?: boolean;
  /** Admission plugins of the API server besides those that are on by default. */
  readonly admissionPlugins?: readonly string[];
  /**
   * File or folder of CustomResourceDefinitions to install before the controllers start. Controllers discover new kinds only every 30
   * seconds; until then, the garbage collector keeps dependents of deleted objects of such a kind.
   */
  readonly definitions?: string;
}

/** Folder of this repository's CustomResourceDefinitions. */
export const DEFINITIONS = fileURLToPath(new URL('../../../../crds', import.meta.url));

/** With the default of 20 requests per second, tests with a thousand pods would wait for the rate limit. */
const UNHURRIED = ['--kube-api-qps=1000', '--kube-api-burst=2000'];

/**
 * Starts a Kubernetes control plane on loopback: real validation, CEL, server-side apply, RBAC, watches and garbage collection,
 * but no node. Ready in about 4 seconds; for nodes that simulate pods, see {@link startKwok}.
 *
 * @throws {ServerError} with the end of the log of the process that did not start.
 * @example
 * await using kube = await startControlPlane();
 * await kube.createNamespace('bots');
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const plane = new ControlPlane({ etcd: await freePort(), api: await freePort() }, await administration());
  try {
    await plane.start(options);
    return plane;
  } catch (error) {
    await plane.stop();
    throw error;
  }
}

/** The authority that all clients and servers of a control plane trust, and the identity of readiness checks. */
interface Administration {
  readonly authority: CertificateAuthority;
  readonly administrator: Identity;
}

async function administration(): Promise<Administration> {
  const authority = await certificateAuthority('test');
  return { authority, administrator: await authority.issue({ commonName: 'readiness', organizations: [ADMINISTRATORS] }) };
}

/** etcd, kube-apiserver with RBAC, and the other requested processes. */
export class ControlPlane extends KubectlClient implements AsyncDisposable {
  readonly #folder = new ServerFolder('kube');
  readonly #ports: { readonly etcd: number; readonly api: number };
  readonly #authority: CertificateAuthority;
  readonly #administrator: Identity;
  readonly #processes = new Map<string, ServerProcess>();
  #admissionPlugins: readonly string[] = [];

  /** Made by {@link startControlPlane}. */
  constructor(ports: { readonly etcd: number; readonly api: number }, { authority, administrator }: Administration) {
    super();
    this.#ports = ports;
    this.#authority = authority;
    this.#administrator = administrator;
  }

  /** Folder with certificates, data and logs. */
  get folder(): string {
    return this.#folder.path;
  }

  /** URL of the API server. */
  get url(): string {
    return `https://127.0.0.1:${this.#ports.api}`;
  }

  override get kubeconfig(): string {
    return join(this.folder, 'admin.kubeconfig');
  }

  async start({
    controllerManager = true,
    scheduler = false,
    admissionPlugins = [],
    definitions,
  }: ControlPlaneOptions = {}): Promise<void> {
    this.#admissionPlugins = admissionPlugins;
    await Promise.all([this.#writeCertificates(), this.#startEtcd()]);
    await writeKubeconfig(this.kubeconfig, { authority: this.#authority, server: this.url, user: 'admin', groups: [ADMINISTRATORS] });
    await this.startApiServer();
    if (definitions !== undefined) await this.installDefinitions(definitions);
    if (scheduler) await this.startScheduler();
    if (!controllerManager) return;
    await this.startControllerManager();
    // Pods are rejected until it exists.
    await eventually(() => this.get('serviceaccount', 'default'), { what: 'the default service account' });
  }

  /** Starts the API server, on the port that it had before, and waits until it is ready. */
  async startApiServer(): Promise<void> {
    const probe = apiServerProbe(this.url, { authority: this.#authority.certificate, identity: this.#administrator });
    await this.#startProcess('kube-apiserver', {
      args: [
        ...['--etcd-servers', `http://127.0.0.1:${this.#ports.etcd}`],
        ...['--secure-port', String(this.#ports.api), '--bind-address', '127.0.0.1'],
        // Clients use only the address in their kubeconfig.
        ...['--endpoint-reconciler-type', 'none'],
        ...['--tls-cert-file', 'pki/apiserver.crt', '--tls-private-key-file', 'pki/apiserver.key', '--client-ca-file', 'pki/ca.crt'],
        ...['--service-account-key-file', 'pki/sa.key', '--service-account-signing-key-file', 'pki/sa.key'],
        ...['--service-account-issuer', 'https://kubernetes.default.svc.cluster.local', '--service-cluster-ip-range', '10.96.0.0/16'],
        ...['--authorization-mode', 'RBAC', '--allow-privileged', '--shutdown-watch-termination-grace-period', '1s'],
        ...(this.#admissionPlugins.length > 0 ? ['--enable-admission-plugins', this.#admissionPlugins.join(',')] : []),
      ],
      isReady: async () => (await probe('/readyz')).status === 200,
    });
  }

  /** Installs the CustomResourceDefinitions of a file or folder and waits until they are served. */
  async installDefinitions(path: string): Promise<void> {
    await this.kubectl(['apply', '--server-side', '-f', path]);
    await this.kubectl(['wait', '--for=condition=Established', '--timeout=60s', '-f', path]);
  }

  /** Stops the API server gracefully: it closes watches and answers pending requests. Its data stays. */
  async stopApiServer(): Promise<void> {
    await this.#processes.get('kube-apiserver')?.stop();
  }

  /** Kills the API server like a crash: connections break. Its data stays. */
  async killApiServer(): Promise<void> {
    await this.#processes.get('kube-apiserver')?.stop({ signal: 'SIGKILL' });
  }

  /** Pauses the API server, like a network that drops all packets: connections stay open without data. */
  pauseApiServer(): void {
    this.#processes.get('kube-apiserver')?.pause();
  }

  /** Resumes a paused API server. */
  resumeApiServer(): void {
    this.#processes.get('kube-apiserver')?.resume();
  }

  async startControllerManager(): Promise<void> {
    await this.#startProcess('kube-controller-manager', {
      args: [
        ...['--kubeconfig', this.kubeconfig, '--leader-elect=false', '--secure-port=0', '--use-service-account-credentials'],
        ...UNHURRIED,
        ...['--service-account-private-key-file', 'pki/sa.key', '--root-ca-file', 'pki/ca.crt'],
      ],
    });
  }

  async stopControllerManager(): Promise<void> {
    await this.#processes.get('kube-controller-manager')?.stop({ signal: 'SIGKILL' });
  }

  async startScheduler(): Promise<void> {
    const args = ['--kubeconfig', this.kubeconfig, '--leader-elect=false', '--secure-port=0', ...UNHURRIED];
    await this.#startProcess('kube-scheduler', { args });
  }

  /** Writes a kubeconfig for a user with a client certificate, and returns its path. The user has only the permissions that RBAC grants. */
  async kubeconfigFor(user: string, groups: readonly string[] = []): Promise<string> {
    const path = join(this.folder, `user-${encodeURIComponent([user, ...groups].join(' '))}.kubeconfig`);
    const client: KubernetesUser = { user, groups };
    return writeKubeconfig(path, { authority: this.#authority, server: this.url, ...client });
  }

  /**
   * Compacts etcd's history to the present state. The API server keeps some of the history in memory until it restarts. After both,
   * a watch or list page that continues from an older version gets 410.
   */
  async compactHistory(): Promise<void> {
    await compactEtcd(`http://127.0.0.1:${this.#ports.etcd}`);
  }

  /** Saves the present data of etcd, for {@link restoreData}. The API server stays, and loses its connection to etcd for a moment. */
  async saveData(): Promise<void> {
    await this.#withoutEtcd(() => cp(this.#data, `${this.#data}-saved`, { recursive: true }));
  }

  /** Restores etcd to the saved data, as administrators do after a disaster: objects and resourceVersions go back to an older state. */
  async restoreData(): Promise<void> {
    await this.stopApiServer();
    await this.#withoutEtcd(async () => {
      await rm(this.#data, { recursive: true });
      await cp(`${this.#data}-saved`, this.#data, { recursive: true });
    });
    await this.startApiServer();
  }

  /** Stops all processes and removes their files. */
  async stop(): Promise<void> {
    await Promise.all([...this.#processes.values()].map((process) => process.stop({ signal: 'SIGKILL' })));
    this.#folder.remove();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  get #data(): string {
    return join(this.folder, 'etcd');
  }

  async #withoutEtcd(change: () => Promise<void>): Promise<void> {
    await this.#processes.get('etcd')?.stop();
    await change();
    await this.#startEtcd();
  }

  async #startEtcd(): Promise<void> {
    const client = `http://127.0.0.1:${this.#ports.etcd}`;
    const peer = `http://127.0.0.1:${await freePort()}`;
    await this.#startProcess('etcd', {
      args: [
        ...['--data-dir', 'etcd', '--listen-client-urls', client, '--advertise-client-urls', client],
        ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`],
        // The data does not have to survive a crash of the machine.
        '--unsafe-no-fsync',
      ],
      isReady: async () => (await fetch(`${client}/health`, { signal: AbortSignal.timeout(1_000) })).ok,
    });
  }

  async #startProcess(
    name: string,
    { args, isReady = ready }: { readonly args: readonly string[]; readonly isReady?: () => Promise<boolean> },
  ): Promise<void> {
    this.#processes.set(
      name,
      await ServerProcess.start({
        name,
        command: binary('kube'),
        args: [name, ...args],
        folder: this.folder,
        env: GO_ENVIRONMENT,
        isReady,
      }),
    );
  }

  async #writeCertificates(): Promise<void> {
    const pki = join(this.folder, 'pki');
    await mkdir(pki);
    const hosts = ['localhost', '127.0.0.1', 'kubernetes.default.svc', 'kubernetes.default', 'kubernetes'];
    const { certificate, key } = await this.#authority.issue({ commonName: 'kube-apiserver', hosts });
    const files = {
      'ca.crt': this.#authority.certificate,
      'apiserver.crt': certificate,
      'apiserver.key': key,
      'sa.key': tokenSigningKey(),
    };
    await Promise.all(Object.entries(files).map(([file, text]) => writeFile(join(pki, file), text, { mode: 0o600 })));
  }
}

const ready = (): Promise<boolean> => Promise.resolve(true);

import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { binary } from './binaries.ts';
import { CertificateAuthority } from './certificates.ts';
import { Child, freePorts } from './child.ts';
import { eventually } from './eventually.ts';
import { newFolder, removeFolder } from './folder.ts';

/** What runs besides etcd and the API server. */
export interface ControlPlaneOptions {
  /** Garbage collection, Deployments, Jobs … On by default. */
  readonly controllerManager?: boolean;
  /** Places pods on nodes, such as kwok's. Off by default: pods stay Pending. */
  readonly scheduler?: boolean;
}

/** Who a client is. */
export interface Identity {
  readonly user: string;
  readonly groups?: readonly string[];
}

/** Input and patience of a `kubectl` call. */
export interface KubectlOptions {
  /** Text for its standard input (`-f -`). */
  readonly input?: string;
  /** Kubeconfig to use instead of the administrator's. */
  readonly kubeconfig?: string;
}

/**
 * Starts a Kubernetes control plane on loopback: real validation, CEL, server-side apply, RBAC, watches and
 * garbage collection, but no node. Ready in about 3 seconds.
 *
 * @example
 * await using kube = await startControlPlane();
 * await kube.kubectl(['create', 'namespace', 'bots']);
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const folder = await newFolder('kube');
  const ports = await freePorts(3);
  const plane = new ControlPlane(folder, { etcd: ports[0] ?? 0, etcdPeer: ports[1] ?? 0, api: ports[2] ?? 0 });
  try {
    await plane.start(options);
    return plane;
  } catch (error) {
    const logs = plane.logTails();
    await plane.stop();
    throw new Error(`the control plane did not start\n${logs}`, { cause: error });
  }
}

/** A running control plane. */
export class ControlPlane implements AsyncDisposable {
  readonly folder: string;
  readonly #ports: { readonly etcd: number; readonly etcdPeer: number; readonly api: number };
  readonly #children = new Map<string, Child>();
  #authority: CertificateAuthority | undefined;

  /** Made by {@link startControlPlane}. */
  constructor(folder: string, ports: { readonly etcd: number; readonly etcdPeer: number; readonly api: number }) {
    this.folder = folder;
    this.#ports = ports;
  }

  /** URL of the API server. */
  get url(): string {
    return `https://127.0.0.1:${this.#ports.api}`;
  }

  /** Path of a kubeconfig with all rights. */
  get kubeconfig(): string {
    return join(this.folder, 'admin.kubeconfig');
  }

  /** The end of each process's log, for an error message. */
  logTails(): string {
    return [...this.#children].map(([name, child]) => `--- ${name}\n${child.logTail()}`).join('\n');
  }

  async start({ controllerManager = true, scheduler = false }: ControlPlaneOptions): Promise<void> {
    const pki = join(this.folder, 'pki');
    await mkdir(pki);
    const authority = await CertificateAuthority.create(pki);
    this.#authority = authority;
    const alternativeNames = 'DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,IP:127.0.0.1';
    await Promise.all([
      this.#startEtcd(),
      authority.rsaKey('sa.key'),
      authority.issue({ name: 'apiserver', subject: '/CN=kube-apiserver', alternativeNames }),
    ]);
    await this.#writeKubeconfig('admin', { user: 'admin', groups: ['system:masters'] });
    await this.startApiServer();
    if (controllerManager) await this.#startControllerManager();
    if (scheduler) await this.#startChild('scheduler', ['kube-scheduler', '--kubeconfig', this.kubeconfig, '--leader-elect=false', '--secure-port=0']);
    if (controllerManager) {
      await eventually(() => this.kubectl(['get', 'serviceaccount', 'default', '-o', 'name']), { what: 'the default service account' });
    }
  }

  /** Starts the API server, on the port it had before, and waits until it is ready. */
  async startApiServer(): Promise<void> {
    const pki = (file: string): string => join(this.folder, 'pki', file);
    const child = await this.#startChild('apiserver', [
      'kube-apiserver',
      ...['--etcd-servers', `http://127.0.0.1:${this.#ports.etcd}`],
      ...['--secure-port', String(this.#ports.api), '--bind-address', '127.0.0.1'],
      ...['--tls-cert-file', pki('apiserver.crt'), '--tls-private-key-file', pki('apiserver.key'), '--client-ca-file', pki('ca.crt')],
      ...['--service-account-key-file', pki('sa.key'), '--service-account-signing-key-file', pki('sa.key')],
      ...['--service-account-issuer', 'https://kubernetes.default.svc.cluster.local', '--service-cluster-ip-range', '10.96.0.0/16'],
      ...['--authorization-mode', 'RBAC', '--shutdown-delay-duration', '0s'],
    ]);
    await eventually(
      async () => {
        if (child.hasEnded) throw new Error(`the API server ended:\n${child.logTail()}`);
        return (await this.#readyz()) === 'ok';
      },
      { timeoutMs: 60_000, what: 'the API server' },
    );
  }

  /** Ends the API server as a crash does. Its data stay. */
  async killApiServer(): Promise<void> {
    await this.#children.get('apiserver')?.stop('SIGKILL');
  }

  /** Runs `kubectl` as the administrator. @returns its output. @throws Error with what it wrote to stderr. */
  kubectl(args: readonly string[], { input, kubeconfig = this.kubeconfig }: KubectlOptions = {}): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = execFile(
        binary('kube'),
        ['kubectl', '--kubeconfig', kubeconfig, ...args],
        { maxBuffer: 64 * 1024 * 1024 },
        (error, stdout, stderr) => (error === null ? resolve(stdout) : reject(new Error(`kubectl ${args.join(' ')}: ${stderr.trim()}`, { cause: error }))),
      );
      child.stdin?.end(input ?? '');
    });
  }

  /** Applies objects, given as values. */
  async apply(...objects: readonly object[]): Promise<void> {
    await this.kubectl(['apply', '--server-side', '--force-conflicts', '--field-manager=test', '-f', '-'], {
      input: objects.map((object) => JSON.stringify(object)).join('\n---\n'),
    });
  }

  /** An object, or a list, as JSON. */
  async get<T>(...args: readonly string[]): Promise<T> {
    return JSON.parse(await this.kubectl(['get', ...args, '-o', 'json'])) as T;
  }

  /** Writes a kubeconfig for somebody with a client certificate of their own. @returns its path. */
  async kubeconfigFor(identity: Identity): Promise<string> {
    return this.#writeKubeconfig(`user-${identity.user.replaceAll(/[^\w-]/g, '_')}`, identity);
  }

  /** Forgets all history but the newest state: watches that resume from older versions get 410. */
  async compactHistory(): Promise<void> {
    const etcd = `http://127.0.0.1:${this.#ports.etcd}`;
    const post = async (path: string, body: object): Promise<{ header: { revision: string } }> =>
      (await fetch(`${etcd}/v3/${path}`, { method: 'POST', body: JSON.stringify(body) })).json() as Promise<{ header: { revision: string } }>;
    const { header } = await post('kv/range', { key: Buffer.from('/').toString('base64') });
    await post('kv/compaction', { revision: header.revision, physical: true });
  }

  /** Ends all processes and removes their files. */
  async stop(): Promise<void> {
    const children = [...this.#children.values()].toReversed();
    for (const child of children) await child.stop('SIGKILL');
    this.#children.clear();
    await removeFolder(this.folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #startEtcd(): Promise<void> {
    const { etcd, etcdPeer } = this.#ports;
    const client = `http://127.0.0.1:${etcd}`;
    const peer = `http://127.0.0.1:${etcdPeer}`;
    await this.#startChild('etcd', [
      'etcd',
      ...['--data-dir', 'etcd', '--listen-client-urls', client, '--advertise-client-urls', client],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`],
      '--unsafe-no-fsync',
    ]);
  }

  async #startControllerManager(): Promise<void> {
    const pki = (file: string): string => join(this.folder, 'pki', file);
    await this.#startChild('controller-manager', [
      'kube-controller-manager',
      ...['--kubeconfig', this.kubeconfig, '--leader-elect=false', '--secure-port=0', '--use-service-account-credentials'],
      ...['--service-account-private-key-file', pki('sa.key'), '--root-ca-file', pki('ca.crt')],
    ]);
  }

  async #startChild(name: string, args: readonly string[]): Promise<Child> {
    const child = await Child.start({ command: binary('kube'), args, folder: this.folder, logFile: join(this.folder, `${name}.log`) });
    this.#children.set(name, child);
    return child;
  }

  async #writeKubeconfig(name: string, { user, groups = [] }: Identity): Promise<string> {
    const authority = this.#authority;
    if (authority === undefined) throw new Error('the control plane is not started');
    const subject = [...groups.map((group) => `/O=${group}`), `/CN=${user}`].join('');
    await authority.issue({ name, subject });
    const data = async (file: string): Promise<string> => (await readFile(authority.path(file))).toString('base64');
    const path = join(this.folder, `${name}.kubeconfig`);
    const kubeconfig = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      contexts: [{ name: 'test', context: { cluster: 'test', user } }],
      clusters: [{ name: 'test', cluster: { server: this.url, 'certificate-authority-data': await data('ca.crt') } }],
      users: [{ name: user, user: { 'client-certificate-data': await data(`${name}.crt`), 'client-key-data': await data(`${name}.key`) } }],
    };
    await writeFile(path, JSON.stringify(kubeconfig, null, 2), { mode: 0o600 });
    return path;
  }

  async #readyz(): Promise<string> {
    const authority = this.#authority;
    if (authority === undefined) return '';
    const [ca, cert, key] = await Promise.all(['ca.crt', 'admin.crt', 'admin.key'].map((file) => readFile(authority.path(file))));
    return new Promise((resolve, reject) => {
      request(`${this.url}/readyz`, { ca, cert, key, agent: false, timeout: 2_000 }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve(text));
      })
        .on('error', reject)
        .end();
    });
  }
}

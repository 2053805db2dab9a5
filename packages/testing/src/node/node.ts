import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { binary, GO_ENVIRONMENT } from '../programs/binaries.ts';
import { certificateAuthority, tokenSigningKey } from '../certificates/certificates.ts';
import { ADMINISTRATORS, writeKubeconfig } from '../kubernetes/kubeconfig.ts';
import { KubectlClient } from '../kubernetes/kubectl.ts';
import { ServerFolder } from '../processes/folder.ts';
import { freePort } from '../processes/ports.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { logTail } from '../processes/log-file.ts';
import { cgroupName, removeCgroups, removeStaleCgroups } from './cgroups.ts';

const run = promisify(execFile);

const SCRIPT = fileURLToPath(new URL('node.sh', import.meta.url));
const NODE_ADDRESS = '10.99.0.1';
const VOLUMES = 12;

/** Logs, most relevant first for a node that did not start. */
const LOGS = ['apiserver', 'containerd', 'kubelet', 'controller-manager', 'scheduler', 'coredns'];

export interface NodeOptions {
  /** OCI archives to import before the node is returned; they may be built while the node starts. */
  readonly images?: readonly string[] | Promise<readonly string[]>;
}

/**
 * Starts a complete one-node Kubernetes: kubelet, containerd, kube-proxy and CoreDNS besides the control plane. Containers really run,
 * volumes are really mounted, and cluster DNS works. It needs root on Linux, and has its own network, mount and PID namespaces, so that
 * several can run at once and nothing remains when it ends.
 *
 * @throws {ServerError} with the end of the logs when it does not come up.
 * @example
 * await using node = await startNode({ images: [await pauseImage()] });
 * await node.kubectl(['get', 'nodes']);
 */
export async function startNode({ images = [] }: NodeOptions = {}): Promise<Node> {
  const node = new Node(await freePort());
  try {
    const [archives] = await Promise.all([images, node.start()]);
    for (const archive of archives) await node.importImage(archive);
    return node;
  } catch (error) {
    const logs = node.logTails();
    await node.stop();
    throw new Error(`the Kubernetes node did not start\n${logs}`, { cause: error });
  }
}

/** A running one-node Kubernetes. `kubectl` and `kubeconfig` work from outside its namespaces. */
export class Node extends KubectlClient implements AsyncDisposable {
  readonly #folder = new ServerFolder('node');
  readonly #port: number;
  readonly #cgroup: string;
  #server: ServerProcess | undefined;
  #forwarder: Forwarder | undefined;

  /** Made by {@link startNode}. */
  constructor(port: number) {
    super();
    this.#port = port;
    this.#cgroup = cgroupName(port);
  }

  get folder(): string {
    return this.#folder.path;
  }

  /** Path of a kubeconfig with all rights, which works in any terminal of this machine. */
  get kubeconfig(): string {
    return join(this.folder, 'admin.kubeconfig');
  }

  /** URL of the API server, outside the node's namespaces. */
  get url(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    await removeStaleCgroups();
    await this.#writeCredentials();
    const namespaces = ['--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child'];
    this.#server = await ServerProcess.start({
      name: 'node',
      command: 'unshare',
      args: [...namespaces, SCRIPT, this.folder, process.execPath, this.#cgroup],
      folder: this.folder,
      env: { ...GO_ENVIRONMENT, BINARIES: dirname(binary('kube')) },
      isReady: () => Promise.resolve(existsSync(join(this.folder, 'ready'))),
    });
    this.#forwarder = await forward(this.#port, join(this.folder, 'api.sock'));
    await this.#createVolumes();
  }

  /** Imports the image of an OCI archive into the node. */
  async importImage(archive: string): Promise<void> {
    await this.exec(binary('ctr'), [
      '--address',
      '/run/containerd/containerd.sock',
      '--namespace',
      'k8s.io',
      'images',
      'import',
      '--snapshotter',
      'overlayfs',
      archive,
    ]);
  }

  /** Runs a program inside the node's namespaces. @returns its output. */
  async exec(command: string, args: readonly string[]): Promise<string> {
    const inside = ['--target', String(this.#insidePid()), '--mount', '--net', '--pid'];
    const { stdout } = await run('nsenter', [...inside, command, ...args], { maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  }

  /** The end of each process's log. */
  logTails(lines = 15): string {
    return LOGS.map((name) => ({ name, file: join(this.folder, 'log', `${name}.log`) }))
      .filter(({ file }) => existsSync(file))
      .map(({ name, file }) => `--- ${name}\n${logTail(file, lines)}`)
      .join('\n');
  }

  /** Ends all its processes and removes its files. */
  async stop(): Promise<void> {
    await this.#forwarder?.close();
    this.#forwarder = undefined;
    // All its processes end with the first one of its PID namespace.
    await this.#server?.stop({ signal: 'SIGKILL' });
    this.#server = undefined;
    await removeCgroups(this.#cgroup);
    this.#folder.remove();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #writeCredentials(): Promise<void> {
    const authority = await certificateAuthority('eevee-test-node');
    const pki = join(this.folder, 'pki');
    await mkdir(pki);
    const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'];
    const apiServer = await authority.issue({
      commonName: 'kube-apiserver',
      hosts: ['localhost', '127.0.0.1', NODE_ADDRESS, '10.96.0.1', ...names],
    });
    const admin = await authority.issue({ commonName: 'admin', organizations: [ADMINISTRATORS] });
    const kubelet = await authority.issue({
      commonName: 'system:node:node1',
      organizations: ['system:nodes'],
      hosts: ['node1', NODE_ADDRESS],
    });
    const files = {
      'ca.crt': authority.certificate,
      'ca.key': authority.key,
      'sa.key': tokenSigningKey(),
      'apiserver.crt': apiServer.certificate,
      'apiserver.key': apiServer.key,
      'admin.crt': admin.certificate,
      'admin.key': admin.key,
      'node.crt': kubelet.certificate,
      'node.key': kubelet.key,
    };
    await Promise.all(Object.entries(files).map(([file, text]) => writeFile(join(pki, file), text, { mode: 0o600 })));
    const inside = `https://${NODE_ADDRESS}:6443`;
    const administrator = { authority, user: 'admin', groups: [ADMINISTRATORS] };
    await writeKubeconfig(join(this.folder, 'inside.kubeconfig'), { ...administrator, server: inside });
    await writeKubeconfig(this.kubeconfig, { ...administrator, server: this.url });
    await writeKubeconfig(join(this.folder, 'kubelet.kubeconfig'), {
      authority,
      user: 'system:node:node1',
      groups: ['system:nodes'],
      server: inside,
    });
  }

  /** `local` volumes, because unlike `hostPath` ones they respect a pod's fsGroup. */
  async #createVolumes(): Promise<void> {
    const storageClass = {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'local', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: 'kubernetes.io/no-provisioner',
      volumeBindingMode: 'WaitForFirstConsumer',
    };
    const volumes = Array.from({ length: VOLUMES }, (_, index) =>
      localVolume(`v${index + 1}`, join(this.folder, 'volumes', `v${index + 1}`)),
    );
    await Promise.all(volumes.map((volume) => mkdir(volume.spec.local.path, { recursive: true })));
    await this.apply(storageClass, ...volumes);
  }

  /** The first process inside: the only child of `unshare`. */
  #insidePid(): number {
    const { pid } = this.#server ?? {};
    if (pid === undefined) throw new Error('the node does not run');
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
  }
}

function localVolume(name: string, path: string) {
  const onThisNode = { key: 'kubernetes.io/hostname', operator: 'In', values: ['node1'] };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'local',
      local: { path },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [onThisNode] }] } },
    },
  };
}

/** A port of the node. */
interface Forwarder {
  /** Ends the forward and the connections through it: some clients would keep theirs open forever. */
  close(): Promise<void>;
}

/** Listens on a port of loopback and connects it to a Unix socket, for as long as this process lives. */
async function forward(port: number, socketPath: string): Promise<Forwarder> {
  const connections = new Set<Socket>();
  const server = createServer((outer) => {
    const inner = connect(socketPath);
    outer.pipe(inner).pipe(outer);
    const ends = [outer, inner] as const;
    for (const [socket, other] of [ends, ends.toReversed()] as const) {
      connections.add(socket);
      socket.unref();
      socket.on('error', () => other?.destroy());
      socket.once('close', () => {
        connections.delete(socket);
        other?.end();
      });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  server.unref();
  return {
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const connection of connections) connection.destroy();
      await closed;
    },
  };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, natsImage, type Node, pauseImage, startNode } from '../src/index.ts';

const NATS = 'nats:2.15.2-alpine';

describe('a whole node', () => {
  let node: Node;

  beforeAll(async () => {
    node = await startNode({ images: [await pauseImage(), await natsImage()] });
  });
  afterAll(() => node?.stop());

  it('runs a container, which is reachable through a Service, cluster DNS and kubectl', async () => {
    await node.apply(pod('server', { labels: { app: 'server' }, args: ['--http_port', '8222'] }), {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'server' },
      spec: { selector: { app: 'server' }, ports: [{ port: 8222 }] },
    });
    await node.kubectl(['wait', '--for=condition=Ready', '--timeout=60s', 'pod/server']);
    expect(await node.kubectl(['logs', 'server'])).toContain('Server is ready');
    const throughService = '/api/v1/namespaces/default/services/server:8222/proxy/healthz';
    expect(await eventually(() => node.kubectl(['get', '--raw', throughService]), { what: 'the Service to answer' })).toContain('ok');
    // The client is a Node.js inside the node's namespaces, which uses the cluster's DNS as a pod does.
    const ask = "fetch('http://server.default.svc.cluster.local:8222/healthz').then(async (r) => console.log(await r.text()))";
    expect(await eventually(() => node.exec(process.execPath, ['-e', ask]), { what: 'the cluster name to be known' })).toContain('ok');
  });

  it('gives a pod a volume that its fsGroup can write to, and keeps it for the next pod', async () => {
    await node.apply({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    await node.apply(pod('first', { args: ['--pid', '/data/pid'], claim: 'data' }));
    await node.kubectl(['wait', '--for=condition=Ready', '--timeout=60s', 'pod/first']);
    await node.kubectl(['delete', 'pod', 'first', '--now']);
    const { spec } = await node.get<{ spec: { volumeName: string } }>('persistentvolumeclaim', 'data');
    const volume = await node.get<{ spec: { local: { path: string } } }>('persistentvolume', spec.volumeName);
    expect(readdirSync(volume.spec.local.path)).toContain('pid');
    await node.apply(pod('second', { args: ['--pid', '/data/pid'], claim: 'data' }));
    await node.kubectl(['wait', '--for=condition=Ready', '--timeout=60s', 'pod/second']);
  });

  it('reports why an image cannot be pulled', async () => {
    await node.apply(pod('unpulled', { image: 'registry.invalid/none:1' }));
    const waiting = await eventually(
      async () => {
        const found = await node.get<{ status: { containerStatuses?: { state: { waiting?: { reason: string } } }[] } }>('pod', 'unpulled');
        const reason = found.status.containerStatuses?.[0]?.state.waiting?.reason;
        return reason?.includes('Pull') === true && reason;
      },
      { what: 'the kubelet to give up for now' },
    );
    expect(['ErrImagePull', 'ImagePullBackOff']).toContain(waiting);
  });

  it('works beside a second node, which leaves no file, process or cgroup behind', async () => {
    const second = await startNode();
    const { folder } = second;
    expect(second.url).not.toBe(node.url);
    expect(await second.kubectl(['get', 'pods'])).toBe('');
    await second.stop();
    expect(existsSync(folder)).toBe(false);
    // They end with the first process of their namespace, which the kernel may take a moment for.
    await eventually(async () => processesOf(folder).length === 0, { what: 'its processes to be gone' });
    expect(cgroups().filter((name) => name.endsWith(new URL(second.url).port))).toEqual([]);
    expect(await node.kubectl(['get', 'node', 'node1'])).toContain('Ready');
  });
});

it('ends with the process that started it, even when that is killed', async () => {
  const script = fileURLToPath(new URL('fixtures/starts-node-and-waits.ts', import.meta.url));
  const parent = spawn(process.execPath, ['--conditions=@eeveebot/source', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const { folder } = JSON.parse(line.toString()) as { folder: string };
  expect(processesOf(folder).length).toBeGreaterThan(5);
  parent.kill('SIGKILL');
  await eventually(() => processesOf(folder).length === 0, { what: 'the processes of the node to end' });
});

function cgroups(): string[] {
  return readdirSync('/sys/fs/cgroup', { recursive: true, encoding: 'utf8' });
}

/** Command lines of the processes that work in a folder. */
function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(commandLine)
    .filter((line) => line.includes(folder));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    // It ended in the meantime.
    return '';
  }
}

interface PodParts {
  readonly image?: string;
  readonly args?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly claim?: string;
}

/** A NATS server is the smallest server at hand; it runs without root, as every pod of the product does. */
function pod(name: string, { image = NATS, args = [], labels = {}, claim }: PodParts): object {
  const volumes = claim === undefined ? [] : [{ name: 'data', persistentVolumeClaim: { claimName: claim } }];
  const volumeMounts = claim === undefined ? [] : [{ name: 'data', mountPath: '/data' }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: {
      securityContext: { runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 },
      containers: [{ name: 'main', image, args, volumeMounts }],
      volumes,
    },
  };
}

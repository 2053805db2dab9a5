import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The Go module that pins and builds all of them. */
export const CLUSTER_MODULE = fileURLToPath(new URL('../cluster', import.meta.url));

const EVERYWHERE = {
  kube: './kube', // every Kubernetes process and etcd in one
  kwok: 'sigs.k8s.io/kwok/cmd/kwok',
  'nats-server': 'github.com/nats-io/nats-server/v2',
  versitygw: 'github.com/versity/versitygw/cmd/versitygw',
  helm: 'helm.sh/helm/v3/cmd/helm',
  helm4: './helm4',
  health: './health', // kstatus and Argo CD, as they judge an object
};

/** What a whole node needs besides: these exist for Linux alone. */
const LINUX = {
  coredns: './coredns',
  pause: './pause',
  containerd: 'github.com/containerd/containerd/v2/cmd/containerd',
  'containerd-shim-runc-v2': 'github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2',
  ctr: 'github.com/containerd/containerd/v2/cmd/ctr',
};

const PACKAGES = process.platform === 'linux' ? { ...EVERYWHERE, ...LINUX } : EVERYWHERE;

/** Names of the files that a build makes. */
export const BINARIES: readonly string[] = Object.keys(PACKAGES);

/** What is handed to `go build`. */
export const BUILD_PACKAGES: readonly string[] = Object.values(PACKAGES);

/** Static files: they need no C compiler to build, and run in an image that holds nothing else. */
export const BUILD_ENVIRONMENT: Readonly<Record<string, string>> = { CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' };

/** With the versions stamped in: else the API server says v0.0.0 and charts' kubeVersion checks fail. */
export function buildFlags(): readonly string[] {
  const [, version, major, minor] =
    /^\tk8s\.io\/kubernetes (v(\d+)\.(\d+)\.\d+)$/m.exec(readFileSync(join(CLUSTER_MODULE, 'go.mod'), 'utf8')) ?? [];
  const stamp = 'k8s.io/component-base/version';
  return [
    '-trimpath',
    // Nobody debugs them: without what a debugger reads, compiler and linker are done sooner.
    '-gcflags=all=-dwarf=false',
    '-buildvcs=false',
    '-ldflags',
    `-s -w -X ${stamp}.gitVersion=${version} -X ${stamp}.gitMajor=${major} -X ${stamp}.gitMinor=${minor}`,
  ];
}

/** Changes when anything that goes into the binaries does. */
export function buildId(): string {
  const hash = createHash('sha256').update(
    JSON.stringify([process.platform, process.arch, buildFlags(), BUILD_ENVIRONMENT, BUILD_PACKAGES]),
  );
  const files = readdirSync(CLUSTER_MODULE, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of files) hash.update(`\0${relative(CLUSTER_MODULE, file)}\0`).update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}

/** Folder of what is downloaded or built once: `$XDG_CACHE_HOME/eevee` or `~/.cache/eevee`. */
export function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'eevee');
}

/** Folder that a build of the present sources goes to. It appears whole or not at all. */
export function builtFolder(): string {
  return join(cacheFolder(), 'binaries', buildId());
}

/** Folders that a binary is looked for in: the one that TEST_ASSETS names, then the cache. */
export function searchFolders(): readonly string[] {
  const assets = process.env['TEST_ASSETS'];
  return [...(assets ? [assets] : []), builtFolder()];
}

/** Path of a binary, or of the folder `kwok-stages`; undefined when it is still to be built. */
export function findBinary(name: string): string | undefined {
  return searchFolders()
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

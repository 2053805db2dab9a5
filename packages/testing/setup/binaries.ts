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
  health: './health', // judges an object as kstatus and Argo CD do
  crane: 'github.com/google/go-containerregistry/cmd/crane', // an OCI registry, and what reads and fills one
  actionlint: 'github.com/rhysd/actionlint/cmd/actionlint',
};

/** Additional programs of a whole node, which exist only for Linux. */
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

/** Packages that `go build` builds. */
export const BUILD_PACKAGES: readonly string[] = Object.values(PACKAGES);

/** Static binaries: they need no C compiler, and run in an image without other files. */
export const BUILD_ENVIRONMENT: Readonly<Record<string, string>> = { CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' };

/** Includes the versions: otherwise the API server reports v0.0.0 and kubeVersion checks of charts fail. */
export function buildFlags(): readonly string[] {
  const [, version, major, minor] =
    /^\tk8s\.io\/kubernetes (v(\d+)\.(\d+)\.\d+)$/m.exec(readFileSync(join(CLUSTER_MODULE, 'go.mod'), 'utf8')) ?? [];
  const stamp = 'k8s.io/component-base/version';
  return [
    '-trimpath',
    // Compiler and linker are faster without debug information, which tests do not use.
    '-gcflags=all=-dwarf=false',
    '-buildvcs=false',
    '-ldflags',
    `-s -w -X ${stamp}.gitVersion=${version} -X ${stamp}.gitMajor=${major} -X ${stamp}.gitMinor=${minor}`,
  ];
}

/** Changes with the inputs of the binaries. */
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

/** Cache for downloads and builds: `$XDG_CACHE_HOME/eevee` or `~/.cache/eevee`. */
export function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'eevee');
}

/** Output folder of a build of the current sources. It is created atomically. */
export function builtFolder(): string {
  return join(cacheFolder(), 'binaries', buildId());
}

/** Folders that are searched for a binary: the one that TEST_ASSETS names, then the cache. */
export function searchFolders(): readonly string[] {
  const assets = process.env['TEST_ASSETS'];
  return [...(assets ? [assets] : []), builtFolder()];
}

/** Path of a binary, or of the folder `kwok-stages`; undefined if it has not been built. */
export function findBinary(name: string): string | undefined {
  return searchFolders()
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

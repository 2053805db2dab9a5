// Where the pinned test binaries are, and what identifies them. Node's built-ins only: it runs before `npm ci`.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The Go module that pins and builds all of them. */
export const CLUSTER_MODULE = join(dirname(fileURLToPath(import.meta.url)), '../../packages/testing/cluster');

/** What the build makes. `kube` is every Kubernetes process and etcd in one. */
export const BINARIES = ['kube', 'coredns', 'pause', 'containerd', 'containerd-shim-runc-v2', 'ctr', 'helm', 'kwok', 'nats-server', 'versitygw'];

const KUBERNETES = '1.37.2';

/** Without these versions the API server says v0.0.0 and charts' kubeVersion checks fail. */
export const BUILD_FLAGS = [
  '-trimpath',
  '-ldflags',
  `-s -w -X k8s.io/component-base/version.gitVersion=v${KUBERNETES} -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=37`,
];

/** Packages handed to `go build`: our own programs and the tools of go.mod. */
export const BUILD_TARGETS = ['./kube', './coredns', './pause', 'tool'];

/** Changes when anything that goes into the binaries does. */
export function buildId() {
  const hash = createHash('sha256').update(BUILD_FLAGS.join(' ')).update(BUILD_TARGETS.join(' ')).update(`${process.platform}-${process.arch}`);
  for (const file of ['go.mod', 'go.sum', 'kube/main.go', 'coredns/main.go', 'pause/main.go']) {
    hash.update(readFileSync(join(CLUSTER_MODULE, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Folder of what is downloaded or built once. */
export function cacheFolder() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'eevee');
}

/** Folder that a build of the present sources goes to. */
export const builtFolder = () => join(cacheFolder(), 'binaries', buildId());

/** Folder with all binaries: TEST_ASSETS if set, else the cache; undefined when they are still to be built. */
export function binariesFolder() {
  const given = process.env.TEST_ASSETS;
  if (given) {
    const missing = BINARIES.filter((name) => !existsSync(join(given, name)));
    if (missing.length > 0) throw new Error(`TEST_ASSETS is ${given}, which lacks ${missing.join(', ')}: complete it, or unset TEST_ASSETS to have them built`);
    return given;
  }
  const built = builtFolder();
  return existsSync(join(built, 'complete')) ? built : undefined;
}

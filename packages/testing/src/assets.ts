import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The Go module that pins every server the tests start. */
export const CLUSTER_MODULE = fileURLToPath(new URL('../cluster', import.meta.url));

/** Kubernetes as the server reports it: without it the server says v0.0.0 and charts' kubeVersion checks fail. */
const KUBERNETES_VERSION = /^\tk8s\.io\/kubernetes (v(\d+)\.(\d+)\.\d+)$/m;

/** What a build makes. `kube` holds every Kubernetes process and etcd: `kube kube-apiserver …`. */
export type Asset =
  | 'kube'
  | 'kwok'
  | 'kwok-stages'
  | 'nats-server'
  | 'versitygw'
  | 'helm'
  | 'coredns'
  | 'pause'
  | 'containerd'
  | 'containerd-shim-runc-v2'
  | 'ctr';

/** How the binaries are built. The key changes when anything that shapes them changes. */
export interface AssetRecipe {
  readonly key: string;
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly packages: readonly string[];
}

/** No binary can be used on its own: the servers are missing, or were never built on this machine. */
export class AssetMissingError extends Error {
  override readonly name = 'AssetMissingError';
}

/** The flags, the packages and the cache key of the pinned servers for this machine. */
export function assetRecipe(): AssetRecipe {
  const [, version = '', major = '', minor = ''] = KUBERNETES_VERSION.exec(readFileSync(join(CLUSTER_MODULE, 'go.mod'), 'utf8')) ?? [];
  const stamp = 'k8s.io/component-base/version';
  const flags = ['-trimpath', '-ldflags', `-s -w -X ${stamp}.gitVersion=${version} -X ${stamp}.gitMajor=${major} -X ${stamp}.gitMinor=${minor}`];
  // Static files: they need no C compiler to build, and run in an image that holds nothing else.
  const environment = { CGO_ENABLED: '0' };
  const everywhere = [
    './kube',
    'github.com/nats-io/nats-server/v2',
    'github.com/versity/versitygw/cmd/versitygw',
    'helm.sh/helm/v3/cmd/helm',
    'sigs.k8s.io/kwok/cmd/kwok',
  ];
  const packages = process.platform === 'linux' ? ['./kube', './coredns', './pause', 'tool'] : everywhere;
  const hash = createHash('sha256').update(JSON.stringify([process.platform, process.arch, flags, environment, packages]));
  for (const file of readdirSync(CLUSTER_MODULE, { recursive: true, withFileTypes: true }).sort(byPath)) {
    if (!file.isFile()) continue;
    const path = join(file.parentPath, file.name);
    hash.update(`${path.slice(CLUSTER_MODULE.length)}\n`).update(readFileSync(path));
  }
  return { key: hash.digest('hex').slice(0, 16), flags, environment, packages };
}

/** The folder of everything that is made once and used by every later run: `$XDG_CACHE_HOME/eevee` or `~/.cache/eevee`. */
export function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'eevee');
}

/** Where a build puts its files, and where they are looked for. */
export function builtAssetsFolder(): string {
  return join(cacheFolder(), assetRecipe().key);
}

/**
 * The path of a server's binary, from the folder that `TEST_ASSETS` names or from the cache.
 *
 * @throws {AssetMissingError} when it is in neither.
 * @example
 * spawn(assetPath('nats-server'), ['--port', '4222']);
 */
export function assetPath(asset: Asset): string {
  const given = process.env['TEST_ASSETS'];
  const folders = [...(given ? [given] : []), builtAssetsFolder()];
  for (const folder of folders) {
    const path = join(folder, asset);
    if (existsSync(path)) return path;
  }
  throw new AssetMissingError(`${asset} is neither in ${folders.join(' nor in ')}: \`npm run test:integration\` builds it (once, a few minutes)`);
}

function byPath(a: { parentPath: string; name: string }, b: { parentPath: string; name: string }): number {
  return join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1;
}

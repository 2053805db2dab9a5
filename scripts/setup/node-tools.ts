import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SetupError } from './setup-error.ts';

/** Programs that a whole node and the building of images need, and the Debian package of each. */
const TOOLS: Readonly<Record<string, string>> = {
  runc: 'runc',
  iptables: 'iptables',
  conntrack: 'conntrack',
  ip: 'iproute2',
  buildah: 'buildah',
  nsenter: 'util-linux',
  unshare: 'util-linux',
  mount: 'mount',
};

/** What tests compare with: other archivers, and Ceph's S3 server. */
const TEST_TOOLS: Readonly<Record<string, string>> = {
  bsdtar: 'libarchive-tools',
  zstd: 'zstd',
  radosgw: 'radosgw',
  'ceph-mon': 'ceph-mon',
  'ceph-osd': 'ceph-osd',
  ceph: 'ceph-common',
};

const CNI_PLUGIN = '/usr/lib/cni/bridge';

/** Why no whole Kubernetes node can run on this machine; undefined when one can, perhaps after an installation. */
export async function wholeNodeObstacle(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `it needs Linux, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'it needs root, for network and mount namespaces and cgroups';
  const missing = missingPackages();
  if (missing.length > 0 && findProgram('apt-get') === undefined)
    return `it needs ${missing.join(', ')}, and this is no Debian or Ubuntu that could install them`;
  const { status, stderr } = spawnSync('unshare', ['--net', '--mount', '--pid', '--fork', '--mount-proc', 'true'], { encoding: 'utf8' });
  if (status !== 0) return `it needs namespaces of its own, and \`unshare\` was refused: ${stderr?.trim() ?? 'no such program'}`;
  return undefined;
}

/**
 * Installs the missing Debian packages, after saying so.
 *
 * @throws {SetupError} when apt-get fails.
 */
export async function ensureNodeTools({ tests = false } = {}): Promise<void> {
  const missing = missingPackages(tests ? { ...TOOLS, ...TEST_TOOLS } : TOOLS);
  if (missing.length === 0) return;
  console.error(`installing Debian packages: ${missing.join(' ')} …`);
  const install = ['install', '--yes', '--no-install-recommends', ...missing];
  // With the lists as they are first: refreshing them takes longer than the installation.
  if (aptGet(install).status === 0) return;
  aptGet(['update']);
  const { status, stdout, stderr } = aptGet(install);
  if (status !== 0) throw new SetupError(`apt-get could not install ${missing.join(' ')}:\n${stdout}${stderr}`);
}

function aptGet(args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync('apt-get', ['--quiet', ...args], { encoding: 'utf8', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
}

function missingPackages(tools = TOOLS): string[] {
  const packages = Object.entries(tools).flatMap(([program, name]) => (findProgram(program) === undefined ? [name] : []));
  if (!existsSync(CNI_PLUGIN)) packages.push('containernetworking-plugins');
  return [...new Set(packages)];
}

/** The folders of administrators' programs are not on everybody's PATH. */
function findProgram(name: string): string | undefined {
  return [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin']
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

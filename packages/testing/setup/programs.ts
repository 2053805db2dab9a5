/**
 * The only list of external programs: which Debian package has them, and which steps need them. Before a step runs, its missing
 * packages are installed; the step's processes then find no other programs, so an undeclared one fails on every machine.
 *
 * The pinned servers that are built here (`kube`, `versitygw`, `helm`, …) are not on any PATH: `binary()` names their files.
 */

/** Units of work that `npm` commands run. */
export type StepName =
  | 'build'
  | 'types'
  | 'lint'
  | 'workflows'
  | 'units'
  | 'integration'
  | 'e2e'
  | 'charts'
  | 'bench'
  | 'demo'
  | 'pristine';

export interface ProgramPackage {
  /** Name of the Debian package. */
  readonly package: string;
  readonly programs: readonly string[];
  /** Absolute paths that must exist too, of programs that are started by path. */
  readonly files?: readonly string[];
  readonly steps: readonly StepName[];
}

const TESTS = ['integration', 'e2e'] as const satisfies readonly StepName[];

/** Steps that start a whole Kubernetes node. */
const NODE = ['e2e', 'demo'] as const satisfies readonly StepName[];

export const PROGRAM_PACKAGES: readonly ProgramPackage[] = [
  { package: 'git', programs: ['git'], steps: ['build', 'types', 'lint', 'workflows', ...TESTS, 'pristine'] },

  // Archivers that the backup tool is compared with, and tools for the file systems and metadata in its tests.
  { package: 'libarchive-tools', programs: ['bsdtar', 'bsdcpio'], steps: TESTS },
  { package: 'zstd', programs: ['zstd'], steps: [...TESTS, 'bench'] },
  { package: 'python3', programs: ['python3'], steps: [...TESTS, 'bench'] },
  { package: 'sqlite3', programs: ['sqlite3'], steps: TESTS },
  { package: 'acl', programs: ['setfacl', 'getfacl'], steps: TESTS },
  { package: 'attr', programs: ['setfattr', 'getfattr'], steps: TESTS },
  { package: 'libcap2-bin', programs: ['setcap', 'getcap'], steps: TESTS },
  { package: 'dosfstools', programs: ['mkfs.vfat'], steps: TESTS },
  { package: 'e2fsprogs', programs: ['mkfs.ext4', 'mke2fs', 'tune2fs', 'debugfs', 'chattr', 'lsattr'], steps: TESTS },
  { package: 'mount', programs: ['mount', 'umount', 'losetup'], steps: [...TESTS, 'bench', 'demo', 'pristine'] },

  // Ceph's S3 server.
  { package: 'radosgw', programs: ['radosgw'], steps: ['e2e'] },
  { package: 'ceph-mon', programs: ['ceph-mon'], steps: ['e2e'] },
  { package: 'ceph-osd', programs: ['ceph-osd'], steps: ['e2e'] },
  { package: 'ceph-base', programs: ['monmaptool'], steps: ['e2e'] },
  { package: 'ceph-common', programs: ['ceph', 'ceph-authtool', 'radosgw-admin'], steps: ['e2e'] },

  // IRC servers, and services such as NickServ.
  { package: 'ngircd', programs: ['ngircd'], steps: [...TESTS, 'bench', 'demo'] },
  { package: 'inspircd', programs: ['inspircd'], steps: [...TESTS, 'bench'] },
  { package: 'atheme-services', programs: ['atheme-services'], steps: TESTS },

  // Shells that `eevee completion` supports; Debian always has bash.
  { package: 'zsh', programs: ['zsh'], steps: TESTS },
  { package: 'fish', programs: ['fish'], steps: TESTS },

  // A whole node, and the building of images.
  { package: 'runc', programs: ['runc'], steps: NODE },
  {
    package: 'iptables',
    programs: ['iptables', 'iptables-save', 'iptables-restore', 'ip6tables', 'ip6tables-save', 'ip6tables-restore'],
    steps: NODE,
  },
  { package: 'conntrack', programs: ['conntrack'], steps: NODE },
  { package: 'iproute2', programs: ['ip'], steps: NODE },
  { package: 'buildah', programs: ['buildah'], steps: NODE },
  {
    package: 'containernetworking-plugins',
    programs: [],
    files: ['bridge', 'host-local', 'loopback', 'portmap'].map((name) => `/usr/lib/cni/${name}`),
    steps: NODE,
  },

  // Programs that the backup tool is compared with, and programs that measure them.
  { package: 's3cmd', programs: ['s3cmd'], steps: ['integration', 'bench'] },
  { package: 'restic', programs: ['restic'], steps: ['bench'] },
  { package: 'time', programs: ['time'], steps: ['bench'] },

  // Evaluates the alerts of chart operator as Prometheus does.
  { package: 'prometheus', programs: ['promtool'], steps: ['charts'] },

  // Installs zizmor, which checks workflows.
  { package: 'python3-pip', programs: ['pip3'], steps: ['workflows'] },

  // A minimal Debian in a folder, and programs that debootstrap starts.
  { package: 'debootstrap', programs: ['debootstrap'], steps: ['pristine'] },
  { package: 'wget', programs: ['wget'], steps: ['pristine'] },
  { package: 'gpgv', programs: ['gpgv'], steps: ['pristine'] },
  { package: 'xz-utils', programs: ['xz', 'xzcat'], steps: ['pristine'] },
  { package: 'apt', programs: ['apt-config'], steps: ['pristine'] },
];

/**
 * Programs of Debian's `Essential: yes` packages, which every Debian and Ubuntu has, so they are neither looked for nor installed.
 * Every step finds them. Other systems lack some; there, a test that starts one fails.
 */
export const ESSENTIAL_PROGRAMS: readonly string[] = Object.values({
  bash: 'bash',
  bsdutils: 'script renice',
  coreutils:
    '[ arch b2sum base32 base64 basename cat chgrp chmod chown chroot cksum comm cp csplit cut date dd df dir dirname du echo env expand ' +
    'expr factor false fmt fold groups head hostid id install join link ln logname ls md5sum mkdir mkfifo mknod mktemp mv nice nl nohup ' +
    'nproc numfmt od paste pathchk pr printenv printf ptx pwd readlink realpath rm rmdir seq sha1sum sha224sum sha256sum sha384sum ' +
    'sha512sum shred shuf sleep sort split stat stdbuf stty sum sync tac tail tee test timeout touch tr true truncate tsort tty uname ' +
    'unexpand uniq unlink users vdir wc who whoami yes',
  dash: 'sh dash',
  dpkg: 'dpkg dpkg-deb',
  diffutils: 'cmp diff diff3 sdiff',
  findutils: 'find xargs',
  grep: 'egrep fgrep grep',
  gzip: 'gunzip gzip zcat',
  hostname: 'hostname',
  'libc-bin': 'getconf getent iconv ldd locale',
  'perl-base': 'perl',
  sed: 'sed',
  tar: 'tar',
  'util-linux':
    'blkid chrt fallocate findmnt flock getopt hardlink ionice lsblk mountpoint namei nsenter pivot_root prlimit runuser setarch setpriv ' +
    'setsid taskset unshare',
}).flatMap((names) => names.split(' '));

/**
 * Used by a step if the machine has them. npm comes with Node.js; a missing or old Go is reported by the build that needs it; the demo
 * prints how to run a kubectl only if the user has none.
 */
export const OPTIONAL_PROGRAMS: readonly { readonly programs: readonly string[]; readonly steps: readonly StepName[] }[] = [
  { programs: ['npm', 'npx'], steps: ['build', 'types', 'lint', ...TESTS, 'pristine'] },
  { programs: ['go'], steps: ['bench', 'pristine'] },
  { programs: ['kubectl'], steps: ['demo'] },
];

/** Debian packages of a step, with their programs. */
export function packagesOf(step: StepName): readonly ProgramPackage[] {
  return PROGRAM_PACKAGES.filter(({ steps }) => steps.includes(step));
}

/** Names of the programs that the processes of a step may start, besides Node.js. */
export function programsOf(step: StepName): readonly string[] {
  const optional = OPTIONAL_PROGRAMS.filter(({ steps }) => steps.includes(step));
  return [...ESSENTIAL_PROGRAMS, ...[...packagesOf(step), ...optional].flatMap(({ programs }) => programs)];
}

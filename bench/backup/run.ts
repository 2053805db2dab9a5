/**
 * Backup and restore against `tar` and `s3cmd`, on one S3 server, taking turns.
 *
 *   npm run bench -- backup [--runs 5] [--megabytes 500] [--cpu 0]
 *
 * A restore has all data on the disk before it lets go of the old; tar alone leaves that to the kernel, so that it is measured
 * with a `sync` too. Each restore is kept until the end: have 3 GB free for each run. With TMPDIR on a tmpfs, neither waits for a disk. Needs tar and s3cmd. Prints medians, ratios and the most memory that the tool took.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startS3Server } from '@eeveebot/testing';
import { makeMixedTree } from './tree.ts';

const APP = fileURLToPath(new URL('../../apps/backup', import.meta.url));
const BUCKET = 'bench';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '5' }, megabytes: { type: 'string', default: '500' }, cpu: { type: 'string' } },
});
const runs = Number(values.runs);
const folder = mkdtempSync(join(tmpdir(), 'eevee-bench-'));
/** Flags of Node, as the image sets them. */
const AS_IN_THE_IMAGE = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=2'];

const at = (name: string) => join(folder, name);

let restores = 0;
const out = () => at(`out-${restores}`);

/** Wall time in seconds, and the most memory of any process in MiB. */
interface Measured {
  readonly seconds: number;
  readonly mebibytes: number;
}

await using s3 = await startS3Server({ buckets: [BUCKET] });
try {
  mkdirSync(at('data'));
  makeMixedTree(at('data'), Number(values.megabytes) * 1_000_000);
  const tool = at('eevee-backup.mjs');
  execFileSync(process.execPath, [join(APP, '../../scripts/bundle.mjs'), 'src/main.ts', tool], { cwd: APP });
  writeFileSync(at('s3cfg'), s3cmdSettings(), { mode: 0o600 });

  const eevee = (command: 'backup' | 'restore', module: string, env: Record<string, string> = {}) =>
    measure([process.execPath, ...AS_IN_THE_IMAGE, tool, command], { ...environment(module, command), ...env });
  const s3cmd = `s3cmd -c ${at('s3cfg')} -q`;
  const shell = (line: string) => measure(['sh', '-ec', line], {});
  const peerKey = `s3://${BUCKET}/peer.tar.gz`;
  const results = new Map<string, Measured[]>();
  const note = (name: string, measured: Measured) => results.set(name, [...(results.get(name) ?? []), measured]);
  for (let turn = 0; turn < runs; turn++) {
    note('tar + s3cmd put', shell(`tar -czf ${at('peer.tar.gz')} -C ${at('data')} . && ${s3cmd} put ${at('peer.tar.gz')} ${peerKey}`));
    note('eevee-backup, gzip', eevee('backup', 'gzip'));
    note('eevee-backup, zstd', eevee('backup', 'zstd', { BACKUP_COMPRESSION: 'zstd' }));
    const own = `s3://${BUCKET}/bench/gzip/${newest('gzip', '.tar.gz')}`;
    empty();
    note('s3cmd get + tar, our archive', shell(`${s3cmd} get --force ${own} ${at('got')} && tar -xzf ${at('got')} -C ${out()}`));
    empty();
    note(
      's3cmd get + tar + sync, our archive',
      shell(`${s3cmd} get --force ${own} ${at('got')} && tar -xzf ${at('got')} -C ${out()} && sync -f ${out()}`),
    );
    empty();
    note('eevee-backup restore, our archive', eevee('restore', 'gzip'));
    empty();
    note("s3cmd get + tar, tar's archive", shell(`${s3cmd} get --force ${peerKey} ${at('got')} && tar -xzf ${at('got')} -C ${out()}`));
    const former = join(s3.folder, 'buckets', BUCKET, 'bench/former');
    mkdirSync(former, { recursive: true });
    execFileSync('cp', [at('peer.tar.gz'), join(former, '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d.tar.gz')]);
    empty();
    note("eevee-backup restore, tar's archive", eevee('restore', 'former'));
  }
  report(results);
  const size = (path: string) => statSync(path).size;
  const stored = (module: string, ending: string) => size(join(s3.folder, 'buckets', BUCKET, 'bench', module, newest(module, ending)));
  const peer = size(at('peer.tar.gz'));
  console.log(
    `\narchives: tar ${peer}, gzip ${stored('gzip', '.tar.gz')} (${(stored('gzip', '.tar.gz') / peer).toFixed(3)}), zstd ${stored('zstd', '.tar.zst')} (${(stored('zstd', '.tar.zst') / peer).toFixed(3)})`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * A new folder to restore into, as a new volume is. Those before stay until the end: ext4 looks for a long time before it takes
 * the inodes of files that have just been removed.
 */
function empty(): void {
  restores += 1;
  mkdirSync(out());
}

/** File name of the newest archive of a module. */
function newest(module: string, ending: string): string {
  const directory = join(s3.folder, 'buckets', BUCKET, 'bench', module);
  const names = readdirSync(directory).filter((name) => name.endsWith(ending));
  return names.toSorted((a, b) => statSync(join(directory, b)).mtimeMs - statSync(join(directory, a)).mtimeMs)[0] ?? '';
}

/** Begins with nothing left to write: a `sync` of one would otherwise wait for what another left to the kernel. */
function measure([command = '', ...args]: readonly string[], env: Readonly<Record<string, string>>): Measured {
  const pinned = values.cpu === undefined ? [command, ...args] : ['taskset', '-c', values.cpu, command, ...args];
  execFileSync('sync');
  const { status, stderr } = spawnSync('/usr/bin/time', ['-f', '%e %M', ...pinned], { encoding: 'utf8', env: { ...process.env, ...env } });
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`);
  const [seconds = 0, kibibytes = 0] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { seconds, mebibytes: Math.round(kibibytes / 1024) };
}

function environment(module: string, command: 'backup' | 'restore'): Record<string, string> {
  return {
    S3_ENDPOINT: s3.endpoint,
    S3_BUCKET: BUCKET,
    S3_ACCESS_ID: s3.credentials.accessKeyId,
    S3_SECRET_KEY: s3.credentials.secretAccessKey,
    S3_PATH_STYLE: 'true',
    BACKUP_NAMESPACE: 'bench',
    BACKUP_MODULE: module,
    RESTORE_NAMESPACE: 'bench',
    RESTORE_MODULE: module,
    BACKUP_PVC_PATH: command === 'backup' ? at('data') : out(),
  };
}

function s3cmdSettings(): string {
  const host = `127.0.0.1:${s3.port}`;
  const { accessKeyId, secretAccessKey } = s3.credentials;
  return `[default]\naccess_key = ${accessKeyId}\nsecret_key = ${secretAccessKey}\nhost_base = ${host}\nhost_bucket = ${host}\nuse_https = False\nbucket_location = us-east-1\n`;
}

function report(results: ReadonlyMap<string, readonly Measured[]>): void {
  const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
  const seconds = (name: string) => median((results.get(name) ?? []).map((each) => each.seconds));
  console.log(
    `${values.megabytes} MB, ${runs} runs, ${values.cpu === undefined ? `${availableParallelism()} cores` : 'one core'}; medians`,
  );
  for (const [name, each] of results) {
    console.log(
      `  ${name.padEnd(38)} ${seconds(name).toFixed(2).padStart(7)} s  ${Math.max(...each.map(({ mebibytes }) => mebibytes))} MiB at most`,
    );
  }
  const ratio = (peer: string, own: string) => `${(seconds(peer) / seconds(own)).toFixed(2)} times as fast`;
  console.log(`  backup, gzip: ${ratio('tar + s3cmd put', 'eevee-backup, gzip')}; zstd: ${ratio('tar + s3cmd put', 'eevee-backup, zstd')}`);
  console.log(
    `  restore, ours: ${ratio('s3cmd get + tar, our archive', 'eevee-backup restore, our archive')} (against one with sync: ${ratio('s3cmd get + tar + sync, our archive', 'eevee-backup restore, our archive')}); tar's: ${ratio("s3cmd get + tar, tar's archive", "eevee-backup restore, tar's archive")}`,
  );
}

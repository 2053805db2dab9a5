/**
 * Backup, restore and verification against `tar` with `s3cmd`, and against `restic`, on one S3 server. The programs that are compared with
 * each other take turns.
 *
 *   npm run bench -- backup [--runs 5] [--megabytes 500] [--cpu 0]
 *
 * Prints medians, the memory of the largest process, and each ratio beside its goal. A restore waits until its data is on the disk
 * before it lets go of the old data; tar leaves that to the kernel, so tar followed by `sync` is measured too. Restored trees stay until the
 * end: have 6 GB free for each run. With TMPDIR on a tmpfs no program waits for a disk.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startS3Server } from '@eeveebot/testing';
import { BUCKET, Contenders } from './contenders.ts';
import { goalRows, sizeRows } from './goals.ts';
import { median, type Measured } from './measured.ts';
import { makeMixedTree } from './tree.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '5' }, megabytes: { type: 'string', default: '500' }, cpu: { type: 'string' } },
});
const folder = mkdtempSync(join(tmpdir(), 'eevee-bench-'));

await using s3 = await startS3Server({ buckets: [BUCKET] });
try {
  mkdirSync(join(folder, 'data'));
  makeMixedTree(join(folder, 'data'), Number(values.megabytes) * 1_000_000);
  const contenders = new Contenders(folder, { s3, cpu: values.cpu });
  const results = new Map<string, Measured[]>();
  for (const programs of comparisons(contenders)) {
    for (let turn = 0; turn < Number(values.runs); turn++) {
      for (const [name, measure] of programs) results.set(name, [...(results.get(name) ?? []), measure()]);
    }
  }
  report(results, contenders);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

type Program = readonly [name: string, measure: () => Measured];

/**
 * Groups of programs that are compared with each other. Backups come first, because the other groups read what they made. Restores do not
 * alternate with backups: with the gigabytes that they write in between, a backup took up to a fifth longer.
 */
function comparisons(contenders: Contenders): readonly (readonly Program[])[] {
  return [
    [
      ['tar + s3cmd put', () => contenders.tarPut()],
      ['restic backup', () => contenders.resticBackup()],
      ['backup, gzip', () => contenders.backup('gzip')],
      ['backup, zstd', () => contenders.backup('zstd')],
    ],
    [
      ['s3cmd get', () => contenders.get('gzip')],
      ['s3cmd get | sha256sum, gzip | tar', () => contenders.getAndCheck('gzip')],
      ['verify', () => contenders.verify('gzip')],
      ['s3cmd get, zstd', () => contenders.get('zstd')],
      ['s3cmd get | sha256sum, zstd | tar', () => contenders.getAndCheck('zstd')],
      ['verify, zstd', () => contenders.verify('zstd')],
    ],
    [
      ['s3cmd get + tar, our archive', () => contenders.getAndUntar('gzip', { sync: false })],
      ['s3cmd get + tar + sync, our archive', () => contenders.getAndUntar('gzip', { sync: true })],
      ['restore, our archive', () => contenders.restore('gzip')],
      ['restore, our archive, zstd', () => contenders.restore('zstd')],
      ["s3cmd get + tar, tar's archive", () => contenders.getAndUntar('tar', { sync: false })],
      ["s3cmd get + tar + sync, tar's archive", () => contenders.getAndUntar('tar', { sync: true })],
      ["restore, tar's archive", () => contenders.restore('tar')],
      ['restic restore', () => contenders.resticRestore()],
    ],
  ];
}

function report(results: ReadonlyMap<string, readonly Measured[]>, contenders: Contenders): void {
  const cores = values.cpu === undefined ? `${availableParallelism()} cores` : `processor ${values.cpu}`;
  console.log(`${values.megabytes} MB, ${values.runs} runs, ${cores}; medians (least to most)\n`);
  for (const [name, runs] of results) {
    const seconds = runs.map((run) => run.seconds);
    const range = `${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)}`;
    const cpu = `${median(runs.map(({ cpuSeconds }) => cpuSeconds)).toFixed(2)} s CPU`;
    console.log(
      `  ${name.padEnd(38)} ${median(seconds).toFixed(2).padStart(7)} s (${range})  ${cpu}  ${Math.max(...runs.map(({ mebibytes }) => mebibytes))} MiB`,
    );
  }
  const secondsOf = (name: string) => median((results.get(name) ?? []).map(({ seconds }) => seconds));
  console.log(`\n${[...goalRows(secondsOf, { onOneCore: values.cpu !== undefined }), ...sizeRows(contenders.sizes())].join('\n')}`);
}

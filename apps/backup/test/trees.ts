import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  type BigIntStats,
  chmodSync,
  chownSync,
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary folder, removed on disposal. */
export class TemporaryFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'eevee-backup-test-'));

  at(...names: string[]): string {
    return join(this.path, ...names);
  }

  /** Creates a folder in it. */
  folder(name: string): string {
    mkdirSync(this.at(name), { recursive: true });
    return this.at(name);
  }

  [Symbol.dispose](): void {
    if (process.getuid?.() !== 0) openDirectories(Buffer.from(this.path));
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Only root can remove the contents of a directory that its owner may not write to. */
function openDirectories(directory: Buffer): void {
  chmodSync(directory, 0o700);
  for (const entry of readdirSync(directory, { withFileTypes: true, encoding: 'buffer' })) {
    if (entry.isDirectory()) openDirectories(Buffer.concat([directory, Buffer.from('/'), entry.name]));
  }
}

const bytes = (...parts: (string | number)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))));

/** Whether tests may give files to other users. */
export const mayChangeOwners = process.getuid?.() === 0;

/** Fills a folder with every kind of entry that an archive must preserve. */
export function fillTree(root: string): void {
  const at = (name: string | Buffer): Buffer => Buffer.concat([Buffer.from(`${root}/`), Buffer.from(name)]);
  writeFileSync(at('plain.txt'), 'hello\n');
  writeFileSync(at('empty'), '');
  writeFileSync(at('block'), Buffer.alloc(512, 1));
  writeFileSync(at('zeros'), Buffer.alloc(1000));
  writeFileSync(at('large'), randomBytes(3 * 1024 * 1024 + 17));
  writeFileSync(at('.hidden'), 'dot');
  writeFileSync(at('setuid'), 'x');
  chmodSync(at('setuid'), 0o4755);
  writeFileSync(at('read-only'), 'x', { mode: 0o400 });
  writeFileSync(at('owned'), 'x');
  if (mayChangeOwners) chownSync(at('owned'), 1234, 3_000_000);
  mkdirSync(at('sticky'));
  chmodSync(at('sticky'), 0o1777);
  mkdirSync(at('closed'), { mode: 0o500 });
  mkdirSync(at('deep/er/est'), { recursive: true });
  writeFileSync(at('deep/er/est/file'), 'deep');
  linkSync(at('plain.txt'), at('deep/linked'));
  linkSync(at('plain.txt'), at('zlinked'));
  symlinkSync('plain.txt', at('symlink'));
  symlinkSync('/etc/passwd', at('absolute-symlink'));
  symlinkSync('../../..', at('escaping-symlink'));
  symlinkSync('nowhere', at('dangling-symlink'));
  symlinkSync('x'.repeat(300), at('long-symlink'));
  execFileSync('mkfifo', ['-m', '640', `${root}/fifo`]);
  writeFileSync(at('n'.repeat(200)), 'long name');
  mkdirSync(at('d'.repeat(150)));
  writeFileSync(at(`${'d'.repeat(150)}/${'e'.repeat(150)}`), 'long path');
  writeFileSync(at('with space and ü € 🦊'), 'utf-8');
  writeFileSync(at(bytes('latin1-', 0xe9)), 'not utf-8');
  writeFileSync(at(bytes('long-', 0xff, 'x'.repeat(180), 0xfe)), 'long and not utf-8');
  symlinkSync(bytes('to-', 0xe9, 'y'.repeat(150)), at('symlink-to-latin1'));
  writeFileSync(at('newline\nin name'), 'x');
  linkSync(at('symlink'), at('symlink-linked'));
  linkSync(at('fifo'), at('fifo-linked'));
  const sparse = openSync(at('sparse'), 'w');
  writeSync(sparse, 'end', 10 * 1024 * 1024);
  closeSync(sparse);
  const stamp = (name: string | Buffer, time: string) => execFileSync('touch', ['-h', '-d', time, at(name).toString('latin1')]);
  stamp('plain.txt', '2020-01-02 03:04:05.123456789 UTC');
  stamp('empty', '1969-12-31 23:59:58.5 UTC');
  stamp('block', '2300-01-01 00:00:00 UTC');
  stamp('symlink', '2001-01-01 00:00:00.000000001 UTC');
  stamp('deep/er', '2010-10-10 10:10:10.5 UTC');
  stamp('deep', '2011-11-11 11:11:11.25 UTC');
}

/** Describes a tree with one line per entry, so that equal trees have equal lines. */
export function describeTree(root: string): readonly string[] {
  const lines: string[] = [];
  const inodes = new Map<bigint, string>();
  const visit = (path: Buffer, name: string): void => {
    const stats = lstatSync(path, { bigint: true });
    const type = typeOf(stats);
    const first = type !== 'dir' && stats.nlink > 1n ? (inodes.get(stats.ino) ?? name) : '';
    if (type !== 'dir') inodes.set(stats.ino, first || name);
    const size = type === 'file' ? stats.size : 0n;
    lines.push(
      [name, type, (stats.mode & 0o7777n).toString(8), stats.uid, stats.gid, stats.mtimeNs, size, contentOf(path, type), first].join(' | '),
    );
    if (type !== 'dir') return;
    for (const child of readdirSync(path, { encoding: 'buffer' }).toSorted((a, b) => Buffer.compare(a, b))) {
      visit(Buffer.concat([path, Buffer.from('/'), child]), `${name}/${child.toString('latin1')}`);
    }
  };
  visit(Buffer.from(root), '.');
  return lines;
}

function typeOf(stats: BigIntStats): 'file' | 'dir' | 'link' | 'fifo' | 'other' {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'dir';
  if (stats.isSymbolicLink()) return 'link';
  return stats.isFIFO() ? 'fifo' : 'other';
}

/** A digest of a file's content, or the target of a link; empty for other types. */
function contentOf(path: Buffer, type: ReturnType<typeof typeOf>): string {
  if (type === 'file') return createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16);
  return type === 'link' ? readlinkSync(path, { encoding: 'buffer' }).toString('latin1') : '';
}

import { describe, expect, it } from 'vitest';
import type { EntryType } from '../../archive/tar/entry.ts';
import { BackupError } from '../../errors.ts';
import type { CheckedEntry } from './entry-rules.ts';
import { EntryAdmitter } from './entry-admitter.ts';

const UNLIMITED = { bytes: Number.MAX_SAFE_INTEGER, files: Number.MAX_SAFE_INTEGER };

const entry = (
  path: string | Buffer,
  type: EntryType = 'file',
  more: { linkTarget?: string; sizeBytes?: number; uid?: number; gid?: number } = {},
): CheckedEntry => ({
  path: Buffer.from(path),
  type,
  sizeBytes: more.sizeBytes ?? 0,
  uid: more.uid ?? 1000,
  gid: more.gid ?? 1000,
  ...(more.linkTarget === undefined ? {} : { linkTarget: Buffer.from(more.linkTarget) }),
});

/** Message with which the last of these is rejected. */
function refusal(...entries: readonly CheckedEntry[]): string {
  const all = new EntryAdmitter(UNLIMITED);
  for (const one of entries.slice(0, -1)) all.admit(one);
  try {
    const [last] = entries.slice(-1);
    if (last !== undefined) all.admit(last);
    return 'admitted';
  } catch (error) {
    if (error instanceof BackupError && error.kind === 'integrity') return error.message;
    throw error;
  }
}

describe('entries of an archive', () => {
  it.each<readonly [string, readonly CheckedEntry[]]>([
    ['not a directory', [entry('', 'symlink', { linkTarget: 'x' })]],
    ['not a directory', [entry('')]],
    ['a symlink without a target', [entry('a', 'symlink')]],
    ['a symlink without a target', [entry('a', 'symlink', { linkTarget: '' })]],
    ['a target of more than 4095 bytes', [entry('a', 'symlink', { linkTarget: 'x'.repeat(4096) })]],
    ['a symlink whose target contains a zero byte', [entry('a', 'symlink', { linkTarget: 'x\0y' })]],
    ['the invalid owner 4294967295', [entry('a', 'file', { uid: 2 ** 32 - 1 })]],
    ['the invalid owner 4294967296', [entry('a', 'directory', { uid: 2 ** 32 })]],
    ['the invalid owner -2', [entry('a', 'file', { uid: -2 })]],
    ['the invalid group 4294967295', [entry('a', 'file', { gid: 2 ** 32 - 1 })]],
    ['the invalid owner -1', [entry('lost+found/a', 'file', { uid: -1 })]],
    ['device', [entry('a', 'block-device')]],
    ['unsupported type', [entry('a', 'other')]],
    ['twice', [entry('a'), entry('a')]],
    ['twice', [entry('a', 'directory'), entry('a', 'directory')]],
    ['twice', [entry('', 'directory'), entry('', 'directory')]],
    ['twice', [entry('a/b'), entry('a')]],
    ['through a symlink', [entry('a', 'symlink', { linkTarget: '/etc' }), entry('a/b')]],
    ['through a hardlink', [entry('f'), entry('a', 'hardlink', { linkTarget: 'f' }), entry('a/b/c')]],
    ['without a target', [entry('a', 'hardlink', { linkTarget: '' })]],
    ['not an earlier file', [entry('a', 'hardlink', { linkTarget: 'b' })]],
    ['not an earlier file', [entry('a', 'hardlink', { linkTarget: 'a' })]],
    ['not an earlier file', [entry('d', 'directory'), entry('a', 'hardlink', { linkTarget: 'd' })]],
    ['not an earlier file', [entry('d/f'), entry('a', 'hardlink', { linkTarget: 'd' })]],
  ])('are rejected: %s', (says, entries) => {
    expect(refusal(...entries)).toContain(says);
  });

  it('report implied parent directories once, and allow an entry for them later', () => {
    const admitter = new EntryAdmitter(UNLIMITED);
    const paths = (buffers: readonly Buffer[] | undefined) => buffers?.map(String);
    expect(paths(admitter.admit(entry('a/b/c'))?.missingParents)).toEqual(['a', 'a/b']);
    expect(admitter.admit(entry('a/b/d'))).toEqual({ missingParents: [], exists: false });
    expect(admitter.admit(entry('a/b', 'directory'))).toEqual({ missingParents: [], exists: true });
    expect(() => admitter.admit(entry('a/b', 'directory'))).toThrow('twice');
  });

  it('may have the largest owner and the longest symlink of Linux', () => {
    const admitter = new EntryAdmitter(UNLIMITED);
    const largest = { uid: 2 ** 32 - 2, gid: 2 ** 32 - 2, linkTarget: 'x'.repeat(4095) };
    expect(admitter.admit(entry('a', 'symlink', largest))).toEqual({ missingParents: [], exists: false });
  });

  it('are rejected when they imply far more directories than entries', () => {
    const admitter = new EntryAdmitter(UNLIMITED);
    const deep = 'd/'.repeat(30_000);
    expect(admitter.admit(entry(`${deep}f`))?.missingParents).toHaveLength(30_000);
    const admitMore = () => {
      for (let index = 0; index < 9; index++) admitter.admit(entry(`${index}/${deep}f`));
    };
    expect(admitMore).toThrow('directories');
  });

  it('may be hard links to earlier files, FIFOs and symlinks', () => {
    const admitter = new EntryAdmitter(UNLIMITED);
    admitter.admit(entry('f'));
    admitter.admit(entry('s', 'symlink', { linkTarget: '/anywhere' }));
    admitter.admit(entry('p', 'fifo'));
    for (const target of ['f', 's', 'p']) expect(admitter.admit(entry(`to-${target}`, 'hardlink', { linkTarget: target }))).toBeDefined();
  });

  it('with reserved names are skipped, but only at the top', () => {
    const admitter = new EntryAdmitter(UNLIMITED);
    for (const path of ['lost+found', 'lost+found/x', '.eevee-restore/journal.json']) expect(admitter.admit(entry(path))).toBeUndefined();
    expect(admitter.admit(entry('a/lost+found'))).toBeDefined();
  });

  it('with different names that are not UTF-8 are distinguished', () => {
    const admitter = new EntryAdmitter(UNLIMITED);
    expect(admitter.admit(entry(Buffer.from([0xe9])))).toBeDefined();
    expect(admitter.admit(entry(Buffer.from([0xe8])))).toBeDefined();
    expect(() => admitter.admit(entry(Buffer.from([0xe8])))).toThrow('\\xe8');
  });

  it('are counted including skipped ones, and rejected beyond the limits', () => {
    const admitter = new EntryAdmitter({ bytes: 10, files: 3 });
    admitter.admit(entry('lost+found/x', 'file', { sizeBytes: 4 }));
    admitter.admit(entry('a', 'file', { sizeBytes: 6 }));
    expect([admitter.files, admitter.bytes]).toEqual([2, 10]);
    expect(() => admitter.admit(entry('b', 'file', { sizeBytes: 1 }))).toThrow('more than the expected 10 bytes');
    expect(() => admitter.admit(entry('c'))).toThrow('more than the expected 3 entries');
  });
});

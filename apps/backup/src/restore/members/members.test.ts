import { describe, expect, it } from 'vitest';
import type { EntryType } from '../../archive/tar/entry.ts';
import { BackupError } from '../../errors.ts';
import type { Member } from './member-rules.ts';
import { Members } from './members.ts';

const UNLIMITED = { bytes: Number.MAX_SAFE_INTEGER, files: Number.MAX_SAFE_INTEGER };

const member = (
  path: string | Buffer,
  type: EntryType = 'file',
  more: { linkTarget?: string; sizeBytes?: number; uid?: number; gid?: number } = {},
): Member => ({
  path: Buffer.from(path),
  type,
  sizeBytes: more.sizeBytes ?? 0,
  uid: more.uid ?? 1000,
  gid: more.gid ?? 1000,
  ...(more.linkTarget === undefined ? {} : { linkTarget: Buffer.from(more.linkTarget) }),
});

/** Message with which the last of these is rejected. */
function refusal(...members: readonly Member[]): string {
  const all = new Members(UNLIMITED);
  for (const one of members.slice(0, -1)) all.admit(one);
  try {
    const [last] = members.slice(-1);
    if (last !== undefined) all.admit(last);
    return 'admitted';
  } catch (error) {
    if (error instanceof BackupError && error.kind === 'integrity') return error.message;
    throw error;
  }
}

describe('entries of an archive', () => {
  it.each<readonly [string, readonly Member[]]>([
    ['not a directory', [member('', 'symlink', { linkTarget: 'x' })]],
    ['not a directory', [member('')]],
    ['a symlink without a target', [member('a', 'symlink')]],
    ['a symlink without a target', [member('a', 'symlink', { linkTarget: '' })]],
    ['a target of more than 4095 bytes', [member('a', 'symlink', { linkTarget: 'x'.repeat(4096) })]],
    ['a symlink whose target contains a zero byte', [member('a', 'symlink', { linkTarget: 'x\0y' })]],
    ['the invalid owner 4294967295', [member('a', 'file', { uid: 2 ** 32 - 1 })]],
    ['the invalid owner 4294967296', [member('a', 'directory', { uid: 2 ** 32 })]],
    ['the invalid owner -2', [member('a', 'file', { uid: -2 })]],
    ['the invalid group 4294967295', [member('a', 'file', { gid: 2 ** 32 - 1 })]],
    ['the invalid owner -1', [member('lost+found/a', 'file', { uid: -1 })]],
    ['device', [member('a', 'block-device')]],
    ['unsupported type', [member('a', 'other')]],
    ['twice', [member('a'), member('a')]],
    ['twice', [member('a', 'directory'), member('a', 'directory')]],
    ['twice', [member('', 'directory'), member('', 'directory')]],
    ['twice', [member('a/b'), member('a')]],
    ['through a symlink', [member('a', 'symlink', { linkTarget: '/etc' }), member('a/b')]],
    ['through a hardlink', [member('f'), member('a', 'hardlink', { linkTarget: 'f' }), member('a/b/c')]],
    ['without a target', [member('a', 'hardlink', { linkTarget: '' })]],
    ['not an earlier file', [member('a', 'hardlink', { linkTarget: 'b' })]],
    ['not an earlier file', [member('a', 'hardlink', { linkTarget: 'a' })]],
    ['not an earlier file', [member('d', 'directory'), member('a', 'hardlink', { linkTarget: 'd' })]],
    ['not an earlier file', [member('d/f'), member('a', 'hardlink', { linkTarget: 'd' })]],
  ])('are rejected: %s', (says, members) => {
    expect(refusal(...members)).toContain(says);
  });

  it('report implied parent directories once, and allow an entry for them later', () => {
    const members = new Members(UNLIMITED);
    const paths = (buffers: readonly Buffer[] | undefined) => buffers?.map(String);
    expect(paths(members.admit(member('a/b/c'))?.missingParents)).toEqual(['a', 'a/b']);
    expect(members.admit(member('a/b/d'))).toEqual({ missingParents: [], exists: false });
    expect(members.admit(member('a/b', 'directory'))).toEqual({ missingParents: [], exists: true });
    expect(() => members.admit(member('a/b', 'directory'))).toThrow('twice');
  });

  it('may have the largest owner and the longest symlink of Linux', () => {
    const members = new Members(UNLIMITED);
    const largest = { uid: 2 ** 32 - 2, gid: 2 ** 32 - 2, linkTarget: 'x'.repeat(4095) };
    expect(members.admit(member('a', 'symlink', largest))).toEqual({ missingParents: [], exists: false });
  });

  it('are rejected when they imply far more directories than entries', () => {
    const members = new Members(UNLIMITED);
    const deep = 'd/'.repeat(30_000);
    expect(members.admit(member(`${deep}f`))?.missingParents).toHaveLength(30_000);
    const admitMore = () => {
      for (let index = 0; index < 9; index++) members.admit(member(`${index}/${deep}f`));
    };
    expect(admitMore).toThrow('directories');
  });

  it('may be hard links to earlier files, FIFOs and symlinks', () => {
    const members = new Members(UNLIMITED);
    members.admit(member('f'));
    members.admit(member('s', 'symlink', { linkTarget: '/anywhere' }));
    members.admit(member('p', 'fifo'));
    for (const target of ['f', 's', 'p']) expect(members.admit(member(`to-${target}`, 'hardlink', { linkTarget: target }))).toBeDefined();
  });

  it('with reserved names are skipped, but only at the top', () => {
    const members = new Members(UNLIMITED);
    for (const path of ['lost+found', 'lost+found/x', '.eevee-restore/journal.json']) expect(members.admit(member(path))).toBeUndefined();
    expect(members.admit(member('a/lost+found'))).toBeDefined();
  });

  it('with different names that are not UTF-8 are distinguished', () => {
    const members = new Members(UNLIMITED);
    expect(members.admit(member(Buffer.from([0xe9])))).toBeDefined();
    expect(members.admit(member(Buffer.from([0xe8])))).toBeDefined();
    expect(() => members.admit(member(Buffer.from([0xe8])))).toThrow('\\xe8');
  });

  it('are counted including skipped ones, and rejected beyond the limits', () => {
    const members = new Members({ bytes: 10, files: 3 });
    members.admit(member('lost+found/x', 'file', { sizeBytes: 4 }));
    members.admit(member('a', 'file', { sizeBytes: 6 }));
    expect([members.files, members.bytes]).toEqual([2, 10]);
    expect(() => members.admit(member('b', 'file', { sizeBytes: 1 }))).toThrow('more than the expected 10 bytes');
    expect(() => members.admit(member('c'))).toThrow('more than the expected 3 entries');
  });
});

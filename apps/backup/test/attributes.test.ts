import { execFileSync } from 'node:child_process';
import { chmodSync, createReadStream, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { startS3Server, type S3Server } from '@eeveebot/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aclValue } from '../src/archive/tar/acl.ts';
import { decompressArchive } from '../src/archive/compression/decompress.ts';
import { readEntries } from '../src/archive/tar/read.ts';
import { removeAttribute } from '../src/file-system/extended-attributes.ts';
import { extractEntries } from '../src/restore/unpack/extractor.ts';
import { writeArchive } from './archives.ts';
import { BUCKET, jobEnvironment, Tool } from './tool.ts';
import { TemporaryFolder, mayChangeOwners } from './trees.ts';

const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

const python = (program: string, ...args: string[]): string => run('python3', '-c', `import json, os, sys\n${program}`, ...args);

/** Sets extended attributes of several files. */
function setAttributes(...attributes: readonly (readonly [path: string, name: string, value: Buffer])[]): void {
  const given = attributes.map(([path, name, value]) => [path, name, value.toString('hex')]);
  python('for path, name, value in json.loads(sys.argv[1]): os.setxattr(path, name, bytes.fromhex(value))', JSON.stringify(given));
}

/** All extended attributes in a directory tree, one line each. */
const attributesBelow = (root: string): string =>
  python(
    `
for folder, names, files in os.walk(sys.argv[1]):
    for name in sorted(['.', *names, *files]):
        path = os.path.join(folder, name)
        for key in sorted(os.listxattr(path, follow_symlinks=False)):
            print(os.path.relpath(path, sys.argv[1]), key, os.getxattr(path, key, follow_symlinks=False).hex())`,
    root,
  );

const acl = (text: string): Buffer => {
  const value = aclValue(text);
  if (value === undefined) throw new Error(`${text} is not a list`);
  return value;
};

const CAPABILITY = Buffer.from('0100000200040000000000000000000000000000', 'hex');

/** Creates files with all kinds of attributes, for users without a name: GNU tar writes names if there are any. */
function fill(volume: string): void {
  mkdirSync(`${volume}/directory`);
  for (const name of ['plain', 'binary', 'listed', 'many', 'directory/below']) writeFileSync(`${volume}/${name}`, name);
  chmodSync(`${volume}/listed`, 0o640);
  const listed = acl('user::rw-,user:2001001:rw-,group::r--,group:2002002:rwx,mask::rwx,other::---');
  const inherited = acl('user::rwx,user:2001001:r-x,group::r-x,mask::r-x,other::---');
  setAttributes(
    [`${volume}/binary`, 'user.binary', Buffer.from([0, 1, 10, 13, 0x3d, 0xff, 0xfe, 0])],
    [`${volume}/binary`, 'user.empty', Buffer.alloc(0)],
    [`${volume}/binary`, 'user.name=with%signs', Buffer.from('x')],
    [`${volume}/directory`, 'user.of-directory', Buffer.from('ü')],
    ...Array.from({ length: 20 }, (_, index) => [`${volume}/many`, `user.${index}`, Buffer.alloc(100, index)] as const),
    [`${volume}/listed`, 'system.posix_acl_access', listed],
    [`${volume}/directory`, 'system.posix_acl_default', inherited],
  );
  // Only root may set these.
  if (process.getuid?.() === 0) {
    setAttributes([`${volume}/plain`, 'security.capability', CAPABILITY], [`${volume}/plain`, 'trusted.note', Buffer.from('x')]);
  }
}

async function extract(archive: string, into: string): Promise<readonly string[]> {
  const warnings: string[] = [];
  using work = new TemporaryFolder();
  await extractEntries(readEntries(decompressArchive(createReadStream(archive))), into, {
    limits: { bytes: Number.MAX_SAFE_INTEGER, files: 1000 },
    workFolder: work.path,
    roomBytes: Number.MAX_SAFE_INTEGER,
    signal: new AbortController().signal,
    onWarning: (warning) => void warnings.push(warning),
  });
  return warnings;
}

describe('extended attributes, access control lists and file capabilities', () => {
  let folder: TemporaryFolder;
  let volume: string;
  let archive: string;
  let out: string;

  beforeEach(() => {
    folder = new TemporaryFolder();
    volume = folder.folder('data');
    out = folder.folder('out');
    archive = folder.at('a.tar.gz');
    fill(volume);
  });
  afterEach(() => folder[Symbol.dispose]());

  it('are restored from an archive', async () => {
    expect((await writeArchive(volume, archive)).warnings).toEqual([]);
    expect(await extract(archive, out)).toEqual([]);
    expect(attributesBelow(out)).toBe(attributesBelow(volume));
    expect(attributesBelow(out)).toContain('user.name=with%signs');
    expect(statSync(`${out}/listed`).mode).toBe(statSync(`${volume}/listed`).mode);
  });

  it('with names that are not UTF-8 are restored', async () => {
    const names = 'print(sorted(os.fsencode(name).hex() for name in os.listxattr(sys.argv[1])))';
    python("os.setxattr(sys.argv[1], b'user.caf\\xe9', b'x'); os.setxattr(sys.argv[1], 'user.café', b'y')", `${volume}/plain`);
    await writeArchive(volume, archive);
    await extract(archive, out);
    expect(python(names, `${out}/plain`)).toBe(python(names, `${volume}/plain`));
    expect(python(names, `${out}/plain`)).toContain(Buffer.from('user.caf\xe9', 'latin1').toString('hex'));
  });

  it('are unpacked by GNU tar', async () => {
    await writeArchive(volume, archive);
    run('tar', '--acls', '--xattrs', '--xattrs-include=*', '--numeric-owner', '-xzpf', archive, '-C', out);
    expect(attributesBelow(out)).toBe(attributesBelow(volume));
  });

  it('in archives made by GNU tar are restored', async () => {
    run('tar', '--format=posix', '--acls', '--xattrs', '--xattrs-include=*', '--numeric-owner', '-czpf', archive, '-C', volume, '.');
    expect(await extract(archive, out)).toEqual([]);
    expect(attributesBelow(out)).toBe(attributesBelow(volume));
  });

  it('are not inherited from the target directory', async () => {
    await writeArchive(volume, archive);
    setAttributes([out, 'system.posix_acl_default', acl('user::rwx,user:2003003:rwx,group::rwx,mask::rwx,other::rwx')]);
    expect(await extract(archive, out)).toEqual([]);
    expect(attributesBelow(out)).toBe(attributesBelow(volume));
  });

  it('that name unknown users do not grant additional access to a file', async () => {
    // GNU tar writes user names.
    chmodSync(`${volume}/plain`, 0o644);
    setAttributes([`${volume}/plain`, 'system.posix_acl_access', acl('user::rw-,user:1:rw-,group::---,mask::rw-,other::---')]);
    run('tar', '--format=posix', '--acls', '-czpf', archive, '-C', volume, '.');
    expect(run('tar', '--acls', '-tvvzf', archive)).toContain('daemon');
    expect(statSync(`${volume}/plain`).mode & 0o777).toBe(0o660);
    expect(await extract(archive, out)).toEqual([expect.stringMatching(/^access control lists of 1 entry are not restored/)]);
    expect(statSync(`${out}/plain`).mode & 0o777).toBe(0o600);
  });
});

describe('a restore by a user who may not set attributes', () => {
  let s3: S3Server;
  let maker: Tool;
  let tool: Tool;
  let folder: TemporaryFolder;

  beforeAll(async () => {
    s3 = await startS3Server({ buckets: [BUCKET] });
    maker = new Tool();
    // The user namespace has a single user, so no list can name another.
    tool = new Tool({ through: ['unshare', '--user', '--map-root-user'] });
    folder = new TemporaryFolder();
  });
  afterAll(async () => {
    folder?.[Symbol.dispose]();
    maker?.[Symbol.dispose]();
    tool?.[Symbol.dispose]();
    await s3?.stop();
  });

  it('replaces the lists of an existing directory with those of the backup', async () => {
    const volume = folder.folder('stays');
    for (const name of ['listed', 'plain']) mkdirSync(`${volume}/${name}`, { mode: 0o750 });
    setAttributes([`${volume}/listed`, 'system.posix_acl_access', acl('user::rwx,user:2001001:rwx,group::---,mask::rwx,other::---')]);
    const before = attributesBelow(volume);
    const made = await maker.run(['backup'], jobEnvironment(s3, volume));
    expect(made.code).toBe(0);
    removeAttribute(Buffer.from(`${volume}/listed`), 'system.posix_acl_access');
    setAttributes([`${volume}/plain`, 'system.posix_acl_access', acl('user::rwx,user:2001002:rwx,group::r-x,mask::rwx,other::---')]);
    const restored = await maker.run(['restore'], jobEnvironment(s3, volume, { RESTORE_BACKUP_ID: made.result.id }));
    expect(restored).toMatchObject({ code: 0, result: { warnings: [] } });
    expect(attributesBelow(volume)).toBe(before);
    expect(statSync(`${volume}/plain`).mode & 0o777).toBe(0o750);
  });

  it.runIf(mayChangeOwners)('warns once about access control lists and grants no additional access', async () => {
    const volume = folder.folder('data');
    writeFileSync(`${volume}/granted`, 'x', { mode: 0o600 });
    writeFileSync(`${volume}/denied`, 'x');
    chmodSync(`${volume}/denied`, 0o644);
    setAttributes(
      [`${volume}/granted`, 'system.posix_acl_access', acl('user::rw-,user:2001001:rw-,group::---,mask::rw-,other::---')],
      [`${volume}/denied`, 'system.posix_acl_access', acl('user::rw-,user:2001001:---,group::r--,mask::r--,other::r--')],
      [`${volume}/granted`, 'user.note', Buffer.from('x')],
    );
    expect((await maker.run(['backup'], jobEnvironment(s3, volume))).code).toBe(0);
    const out = folder.folder('out');
    const { code, result } = await tool.run(['restore', '--path', out], jobEnvironment(s3, volume));
    expect({ code, warnings: result.warnings }).toEqual({
      code: 0,
      warnings: [expect.stringMatching(/^access control lists of 2 entries are not restored/)],
    });
    // The group bits contained the mask; the owning group itself had no access.
    expect(statSync(`${volume}/granted`).mode & 0o777).toBe(0o660);
    expect(statSync(`${out}/granted`).mode & 0o777).toBe(0o600);
    expect(statSync(`${out}/denied`).mode & 0o777).toBe(0o600);
    expect(attributesBelow(out)).toBe('granted user.note 78\n');
  });
});

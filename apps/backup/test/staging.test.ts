import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rawArchive } from './tar-bytes.ts';
import { objectPath } from './tool.ts';
import { describeTree, mayChangeOwners } from './trees.ts';
import { useTool } from './use-tool.ts';

const ID = '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5f';
const NAME = '.eevee-restore';
const DESCRIPTION = { mode: 0o777, uid: 1234, gid: 1234, mtimeNs: '0' };

/** The module can write anything to its volume before a restore runs as root. */
describe.runIf(mayChangeOwners)('a staging directory that a module planted', () => {
  const world = useTool({ keepsObjects: true });
  let staging: string;

  beforeAll(() => {
    mkdirSync(objectPath(world.s3, 'chat/seen'), { recursive: true });
    writeFileSync(objectPath(world.s3, `chat/seen/${ID}.tar.gz`), rawArchive({ name: 'file', content: 'restored' }));
  });
  beforeEach(() => {
    staging = `${world.volume}/${NAME}`;
    mkdirSync(world.folder.at('victim'), { mode: 0o700 });
    writeFileSync(world.folder.at('victim/secret'), 'secret');
    writeFileSync(`${world.volume}/file`, 'old');
  });

  const run = (command: 'backup' | 'restore') => world.tool.run([command], world.env({ RESTORE_BACKUP_ID: ID }));

  /** The tree including the surroundings of the volume, without times of directories, which the staging directory changes. */
  const tree = () => describeTree(world.folder.path).filter((line) => !/^(\.|\.\/data|\.\/data\/\.eevee-restore) /.test(line));

  function plant(lines: readonly unknown[] | string): void {
    for (const name of ['', '/new', '/old']) mkdirSync(`${staging}${name}`, { mode: 0o700, recursive: true });
    writeFileSync(`${staging}/journal.json`, typeof lines === 'string' ? lines : lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }

  const journal = (...steps: readonly unknown[]) => [{ version: 2, backupId: ID }, ...steps, { steps: steps.length }];
  const DESCRIBE_VICTIM = { action: 'describe', path: '../victim', after: DESCRIPTION };

  /** Planted directories, and part of the message with which a restore fails. */
  const PLANTED: Readonly<Record<string, readonly [plant: () => void, says: string]>> = {
    'with a path upwards': [() => plant(journal(DESCRIBE_VICTIM)), 'leads upwards'],
    'with a journal of an earlier release': [
      () => plant(JSON.stringify({ version: 1, backupId: ID, steps: [DESCRIBE_VICTIM] })),
      'is unterminated',
    ],
    'with a truncated journal': [() => plant('{"version":2,"backupId":"id"}\n'), 'no end'],
    'with a journal that is not JSON': [() => plant('not a journal\n'), 'JSON'],
    'with a journal of one endless line': [() => plant('x'.repeat(3_000_000)), 'a line of more than'],
    'with a mode that no directory has': [
      () => plant(journal({ action: 'describe', path: '', after: { ...DESCRIPTION, mode: 0o107777 } })),
      'not a step',
    ],
    'that belongs to the module': [
      () => {
        plant(journal({ action: 'describe', path: '', after: DESCRIPTION }));
        chownSync(staging, 1234, 1234);
      },
      'belongs to user 1234',
    ],
    'that other users may write to': [
      () => {
        plant(journal({ action: 'describe', path: '', after: DESCRIPTION }));
        chmodSync(staging, 0o770);
      },
      'mode 770',
    ],
    'whose unpacked data is behind a symlink': [
      () => {
        plant(journal({ action: 'add', path: 'secret' }));
        rmSync(`${staging}/new`, { recursive: true });
        symlinkSync(world.folder.at('victim'), `${staging}/new`);
      },
      'is not a directory',
    ],
    'whose old data is behind a symlink': [
      () => {
        plant(journal({ action: 'remove', path: 'file' }));
        rmSync(`${staging}/old`, { recursive: true });
        symlinkSync(world.folder.at('victim'), `${staging}/old`);
      },
      'is not a directory',
    ],
    'whose journal is a symlink': [
      () => {
        plant('');
        rmSync(`${staging}/journal.json`);
        symlinkSync(world.folder.at('victim/secret'), `${staging}/journal.json`);
      },
      'not a regular file',
    ],
  };

  it.each(Object.entries(PLANTED))(
    '%s stops a restore before it changes anything, but does not stop a backup',
    async (_, [plantIt, says]) => {
      plantIt();
      const before = tree();
      const { code, result } = await run('restore');
      expect({ code, error: result.error }).toEqual({ code: 65, error: expect.stringContaining(says) });
      expect(result.error).toContain(`remove ${staging} and restore again`);
      expect(tree()).toEqual(before);
      expect(await run('backup')).toMatchObject({
        code: 0,
        result: {
          files: 2,
          unfinishedRestore: true,
          warnings: [expect.stringContaining('interrupted'), expect.stringContaining('does not replace others')],
        },
      });
      expect(tree()).toEqual(before);
    },
  );

  it.each<readonly [string, readonly unknown[]]>([
    ['chmod', [{ action: 'describe', path: 'way', after: DESCRIPTION }]],
    ['chmod of an entry behind it', [{ action: 'open', path: 'way/inside', before: DESCRIPTION }]],
    ['remove', [{ action: 'remove', path: 'way/secret' }]],
    ['add', [{ action: 'add', path: 'way/file' }]],
    [
      'add through a symlink added by the previous step',
      [
        { action: 'replace', path: 'sub' },
        { action: 'add', path: 'sub/planted' },
      ],
    ],
  ])('changes nothing through a symlink in the volume: %s', async (_, steps) => {
    plant(journal(...steps));
    symlinkSync(world.folder.at('victim'), `${world.volume}/way`);
    mkdirSync(world.folder.at('victim/inside'), { mode: 0o500 });
    mkdirSync(`${world.volume}/sub`);
    mkdirSync(`${staging}/new/way`);
    writeFileSync(`${staging}/new/way/file`, 'planted');
    symlinkSync(world.folder.at('victim'), `${staging}/new/sub`);
    const victim = () => describeTree(world.folder.at('victim'));
    const before = victim();
    await run('restore');
    expect(victim()).toEqual(before);
  });

  it.each(['file', 'symlink', 'directory of another user'])(
    'that is a %s without a journal is removed by the next restore',
    async (kind) => {
      if (kind === 'file') writeFileSync(staging, 'x');
      else if (kind === 'symlink') symlinkSync(world.folder.at('victim'), staging);
      else {
        mkdirSync(`${staging}/new`, { recursive: true });
        symlinkSync(world.folder.at('victim'), `${staging}/new/way`);
        chownSync(staging, 1234, 1234);
      }
      const victim = describeTree(world.folder.at('victim'));
      expect(await run('backup')).toMatchObject({ code: 0, result: { files: 2, warnings: [] } });
      expect(await run('restore')).toMatchObject({ code: 0 });
      expect(existsSync(staging)).toBe(false);
      expect(readFileSync(`${world.volume}/file`, 'utf8')).toBe('restored');
      expect(describeTree(world.folder.at('victim'))).toEqual(victim);
    },
  );

  it('of an interrupted restore is finished', async () => {
    plant(journal({ action: 'replace', path: 'file' }));
    writeFileSync(`${staging}/new/file`, 'of the interrupted restore');
    const missing = await world.tool.run(['restore'], world.env({ RESTORE_BACKUP_ID: ID.replace('0', '1') }));
    expect(missing.code).toBe(66);
    expect(readFileSync(`${world.volume}/file`, 'utf8')).toBe('of the interrupted restore');
    expect(readdirSync(world.volume)).toEqual(['file']);
    expect(lstatSync(`${world.volume}/file`).isFile()).toBe(true);
  });
});

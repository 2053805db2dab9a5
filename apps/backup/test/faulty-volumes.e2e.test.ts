import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { ERRNO, mountFaulty, type Fault } from './fuse/faults.ts';
import { jobEnvironment, storedKeys } from './tool.ts';
import { useTool } from './use-tool.ts';

const MIB = 1024 * 1024;

// Mounting requires root.
describe('a file system with faults:', () => {
  const world = useTool();
  let source: string;
  let mounted: string;
  const env = (more: Record<string, string> = {}) => jobEnvironment(world.s3, mounted, more);

  beforeEach(() => {
    source = world.folder.folder('source');
    mounted = world.folder.folder('mounted');
    mkdirSync(`${source}/directory`);
    writeFileSync(`${source}/directory/good`, 'good');
    writeFileSync(`${source}/small`, 'small');
    writeFileSync(`${source}/large`, Buffer.alloc(5 * MIB, 'x'));
    symlinkSync('small', `${source}/link`);
  });

  it.each<[string, Fault, string | RegExp]>([
    ['a file that cannot be opened', { op: 'open', name: 'small', errno: ERRNO.EIO }, 'small could not be read (EIO) and is left out'],
    ['a stale handle', { op: 'open', name: 'small', errno: ERRNO.ESTALE }, 'small could not be read (ESTALE) and is left out'],
    ['a small file that cannot be read', { op: 'read', name: 'small', errno: ERRNO.EIO }, 'small could not be read (EIO) and is left out'],
    [
      'an entry that cannot be inspected',
      { op: 'lookup', name: 'small', errno: ERRNO.ESTALE },
      'small could not be read (ESTALE): it is left out',
    ],
    [
      'a directory that cannot be read',
      { op: 'readdir', name: 'directory', errno: ERRNO.ESTALE },
      'directory could not be read (ESTALE): its contents are left out',
    ],
    [
      'a large file whose middle cannot be read',
      { op: 'read', name: 'large', from: 3 * MIB, errno: ERRNO.EIO },
      /^large could not be read beyond byte \d+ \(EIO\); the rest is filled with zeros$/,
    ],
    [
      'a large file whose handle becomes stale',
      { op: 'read', name: 'large', from: 3 * MIB, errno: ERRNO.ESTALE },
      /^large could not be read beyond byte \d+ \(ESTALE\); the rest is filled with zeros$/,
    ],
  ])('%s is reported, and all other entries are backed up', async (_, fault, warning) => {
    await using mount = await mountFaulty(mounted, source, [fault]);
    expect(mount).toBeDefined();
    const { code, result, stderr } = await world.tool.run(['backup'], env());
    expect({ code, leftOut: result['leftOut'], warnings: result.warnings }, stderr).toEqual({
      code: 78,
      leftOut: 1,
      warnings: [
        expect.stringMatching(/^1 entry could not be read/),
        typeof warning === 'string' ? warning : expect.stringMatching(warning),
        expect.stringMatching(/does not count as good and does not replace others: 1 entry could not be read/),
      ],
    });
    expect(storedKeys(world.s3)).toHaveLength(2);
    const out = world.folder.folder('out');
    expect((await world.tool.run(['restore', '--path', out], env())).code).toBe(0);
    if (fault.name !== 'directory') expect(readFileSync(`${out}/directory/good`, 'utf8')).toBe('good');
    const large = readFileSync(`${out}/large`);
    const readBytes = Number(/beyond byte (\d+)/.exec(result.warnings[1] ?? '')?.[1] ?? 5 * MIB);
    expect(readBytes).toBeGreaterThan(2 * MIB);
    expect(large.equals(Buffer.concat([Buffer.alloc(readBytes, 'x'), Buffer.alloc(5 * MIB - readBytes)]))).toBe(true);
  });

  it.each([ERRNO.EPERM, ERRNO.EACCES, ERRNO.EINVAL, ERRNO.EOPNOTSUPP, ERRNO.ENOSYS])(
    'a restore is complete when owners, modes and times fail with error %i, with one warning for each',
    async (errno) => {
      expect((await world.tool.run(['backup'], jobEnvironment(world.s3, source))).code).toBe(0);
      const target = world.folder.folder('target');
      const faults = (['chmod', 'utimes', 'chown'] as const).map((op) => ({ op, errno }));
      await using mount = await mountFaulty(mounted, target, faults);
      expect(mount).toBeDefined();
      for (const more of [{}, { RESTORE_CLEAN: 'true' }]) {
        const { code, result, stderr } = await world.tool.run(['restore'], env(more));
        expect({ code, warnings: result.warnings }, stderr).toEqual({
          code: 0,
          warnings: [
            expect.stringMatching(/^permissions of 5 entries are not restored/),
            expect.stringMatching(/^modification times of 6 entries are not restored/),
          ],
        });
      }
      expect(readFileSync(`${target}/directory/good`, 'utf8')).toBe('good');
      expect(readFileSync(`${target}/large`).equals(Buffer.alloc(5 * MIB, 'x'))).toBe(true);
    },
  );
});

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal, type SwapStep } from './journal.ts';

const DESCRIPTION = { mode: 0o755, uid: 0, gid: 0, mtimeNs: '1500000000000000000' };
const STEPS: readonly SwapStep[] = [
  { action: 'open', path: '', before: DESCRIPTION },
  { action: 'replace', path: 'a/\xe9', oldMode: 0o500 },
  { action: 'describe', path: '', after: DESCRIPTION },
];

describe('a journal', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'eevee-test-'));
    file = join(folder, 'journal');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const open = () => {
    using journal = Journal.open(file);
    return journal === undefined ? undefined : { id: journal.backupId, steps: [...journal.steps()], back: [...journal.stepsBackwards()] };
  };
  const lines = (...all: readonly unknown[]) => writeFileSync(file, all.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const HEADER = { version: 2, backupId: 'id' };

  it('is read back by the process that wrote it and by the next one', () => {
    using written = Journal.write(file, { backupId: 'id', steps: STEPS });
    expect([...written.steps()]).toEqual(STEPS);
    expect(open()).toEqual({ id: 'id', steps: STEPS, back: STEPS.toReversed() });
  });

  it('does not exist before it is complete', () => {
    const failing = function* (): Generator<SwapStep> {
      yield* STEPS;
      expect(existsSync(file)).toBe(false);
      throw new Error('no more');
    };
    expect(() => Journal.write(file, { backupId: 'id', steps: failing() })).toThrow('no more');
    expect(open()).toBeUndefined();
  });

  it('supports times in the far future and past', () => {
    const steps: SwapStep[] = [15_032_385_535n * 10n ** 9n, -(2n ** 63n - 1n) * 10n ** 9n].map((ns) => ({
      action: 'describe',
      path: 'a',
      after: { ...DESCRIPTION, mtimeNs: String(ns) },
    }));
    Journal.write(file, { backupId: 'id', steps })[Symbol.dispose]();
    expect(open()).toEqual({ id: 'id', steps, back: steps.toReversed() });
  });

  it('is not written with a step that would be rejected when read', () => {
    const steps: readonly SwapStep[] = [...STEPS, { action: 'add', path: '.eevee-restore/new' }];
    expect(() => Journal.write(file, { backupId: 'id', steps })).toThrow('a path that a backup cannot contain');
    expect(existsSync(file)).toBe(false);
  });

  it('that is truncated anywhere is rejected', () => {
    Journal.write(file, { backupId: 'id', steps: STEPS })[Symbol.dispose]();
    const whole = readFileSync(file);
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(file, whole.subarray(0, length));
      expect(open, `${length} bytes`).toThrow();
    }
  });

  it('of an earlier release is rejected', () => {
    lines({ version: 1, backupId: 'id', steps: STEPS });
    expect(open).toThrow('not a header of the current format');
  });

  it.each<readonly [string, unknown]>([
    ['leads upwards', { action: 'add', path: '../victim' }],
    ['leads upwards', { action: 'describe', path: 'a/../../victim', after: DESCRIPTION }],
    ['absolute', { action: 'open', path: '/etc', before: DESCRIPTION }],
    ['a path that a backup cannot contain', { action: 'add', path: 'a//b' }],
    ['a path that a backup cannot contain', { action: 'add', path: './a' }],
    ['a path that a backup cannot contain', { action: 'remove', path: '' }],
    ['a path that a backup cannot contain', { action: 'remove', path: 'lost+found' }],
    ['a path that a backup cannot contain', { action: 'add', path: '.eevee-restore/old' }],
    ['a path that a backup cannot contain', { action: 'add', path: 'a\u0141' }],
    ['zero byte', { action: 'add', path: 'a\0b' }],
    ['not a step', { action: 'add', path: 'a', freshMode: 0o10000 }],
    ['not a step', { action: 'replace', path: 'a', oldMode: -1 }],
    ['not a step', { action: 'describe', path: 'a', after: { ...DESCRIPTION, mode: 0o100644 } }],
    ['not a step', { action: 'describe', path: 'a', after: { ...DESCRIPTION, uid: 2 ** 32 - 1 } }],
    ['not a step', { action: 'describe', path: 'a', after: { ...DESCRIPTION, gid: -1 } }],
    ['not a step', { action: 'describe', path: 'a', after: { ...DESCRIPTION, mtimeNs: '1e9' } }],
    ['not a step', { action: 'chmod', path: 'a' }],
    ['not a step', ['remove', 'a']],
  ])('with a step that no restore writes is rejected: it %s', (reason, step) => {
    lines(HEADER, step, { steps: 1 });
    expect(open).toThrow(reason);
  });

  it('with a wrong number of steps or data after its end is rejected', () => {
    lines(HEADER, ...STEPS, { steps: 4 });
    expect(open).toThrow('has 3 steps, expected 4');
    lines(HEADER, { steps: 0 }, ...STEPS);
    expect(open).toThrow('after its end');
    lines(HEADER, ...STEPS);
    expect(open).toThrow('no end');
  });

  it('must be a regular file', () => {
    lines(HEADER, { steps: 0 });
    symlinkSync(file, join(folder, 'link'));
    expect(() => Journal.open(join(folder, 'link'))).toThrow('not a regular file');
    mkdirSync(join(folder, 'directory'));
    expect(() => Journal.open(join(folder, 'directory'))).toThrow('not a regular file');
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    expect(() => Journal.open(join(folder, 'fifo'))).toThrow('not a regular file');
  });
});

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resultLine, writeTerminationLog } from './result.ts';

const LIMIT = 4096;
const result = (warnings: readonly string[]) => ({
  id: 'i',
  key: 'k',
  sizeBytes: 1,
  uncompressedBytes: 2,
  files: 3,
  durationSeconds: 4,
  sha256: 's',
  warnings,
});

describe('a result', () => {
  it('that fits is complete and on one line', () => {
    const line = resultLine(result(['one\ntwo']), LIMIT);
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toEqual(result(['one\ntwo']));
  });

  it.each(['grew while it was read', '🦊'.repeat(70), '\u0001'.repeat(50)])(
    'with too many warnings contains as many as fit and the number of others: %j',
    (warning) => {
      const warnings = Array.from({ length: 500 }, (_, index) => `${index} ${warning}`);
      const line = resultLine(result(warnings), LIMIT);
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(LIMIT);
      const told = JSON.parse(line) as ReturnType<typeof result>;
      const shown = told.warnings.length - 1;
      expect(shown).toBeGreaterThan(5);
      expect(told).toEqual(result([...warnings.slice(0, shown), `and ${500 - shown} more warnings`]));
      expect(Buffer.byteLength(resultLine(result(warnings.slice(0, shown + 1)), LIMIT * 2))).toBeGreaterThan(LIMIT - 100);
    },
  );

  it('adds to warnings that were already counted', () => {
    const warnings = [...Array.from({ length: 100 }, () => 'x'.repeat(99)), 'and 900 more warnings'];
    const told = JSON.parse(resultLine(result(warnings), LIMIT)) as ReturnType<typeof result>;
    expect(told.warnings.at(-1)).toBe(`and ${1000 - (told.warnings.length - 1)} more warnings`);
  });

  it('with other long lists counts the omitted elements of each and keeps short lists', () => {
    const ids = Array.from({ length: 1000 }, (_, index) => `0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b${String(index).padStart(4, '0')}`);
    const line = resultLine({ dryRun: false, kept: ids, removed: ids, warnings: ['a', 'b'] }, LIMIT);
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(LIMIT);
    expect(Buffer.byteLength(line)).toBeGreaterThan(LIMIT - 100);
    const { kept, removed, omitted, ...rest } = JSON.parse(line) as Record<'kept' | 'removed', string[]> & { omitted: object };
    expect(rest).toEqual({ dryRun: false, warnings: ['a', 'b'] });
    expect(kept).toEqual(ids.slice(0, kept.length));
    expect(omitted).toEqual({ kept: 1000 - kept.length, removed: 1000 - removed.length });
    expect(Math.min(kept.length, removed.length)).toBeGreaterThan(40);
  });

  it('with a list of objects counts the omitted ones', () => {
    const backups = Array.from({ length: 500 }, (_, index) => ({ id: `id-${index}`, key: 'k'.repeat(100) }));
    const { backups: shown, omitted } = JSON.parse(resultLine({ backups }, LIMIT)) as { backups: object[]; omitted: object };
    expect(shown).toEqual(backups.slice(0, shown.length));
    expect(omitted).toEqual({ backups: 500 - shown.length });
  });

  it.each(['x', '🦊', '\n', '"'])('with a long error truncates it: %j', (part) => {
    const line = resultLine({ error: part.repeat(9000) }, LIMIT);
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(LIMIT);
    const { error } = JSON.parse(line) as { error: string };
    expect(error.length).toBeGreaterThan(LIMIT / 10);
    expect(error).toMatch(/…$/);
    expect(error.isWellFormed()).toBe(true);
    expect(Buffer.byteLength(line)).toBeGreaterThan(LIMIT - 20);
  });
});

describe('the termination log', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'eevee-result-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is overwritten with the result', () => {
    const path = join(folder, 'log');
    writeFileSync(path, 'x'.repeat(5000));
    writeTerminationLog(path, result(['warning']));
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(result(['warning']));
  });

  it('does not fail the command when the disk is full', () => {
    expect(writeTerminationLog('/dev/full', result([]))).toContain('ENOSPC');
    expect(writeTerminationLog(folder, result([]))).toContain('EISDIR');
  });

  it('is not created when it does not exist', () => {
    writeTerminationLog(join(folder, 'none'), result([]));
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });
});

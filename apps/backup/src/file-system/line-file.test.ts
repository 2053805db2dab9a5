import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linesBackwards, linesOf, LineWriter } from './line-file.ts';

describe('lines in a file', () => {
  let folder: string;
  let fd: number;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'eevee-test-'));
    fd = openSync(join(folder, 'lines'), 'w+');
  });
  afterEach(() => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });

  const write = (lines: readonly string[]) => {
    const writer = new LineWriter(fd);
    for (const line of lines) writer.write(line);
    writer.flush();
  };

  it.each([
    ['none', []],
    ['one', ['a']],
    ['empty ones', ['', '', 'a', '']],
    ['of more than one byte a character', ['é', '€ 🦊', 'x']],
    ['of many lengths', Array.from({ length: 20_000 }, (_, index) => String(index).repeat(index % 40))],
    ['longer than the read buffer', ['x'.repeat(300_000), 'y', 'z'.repeat(1_000_000), 'end']],
  ] as const)('are read forwards and backwards: %s', (_, lines) => {
    write(lines);
    expect([...linesOf(fd)]).toEqual(lines);
    expect([...linesBackwards(fd)]).toEqual(lines.toReversed());
  });

  it('are limited to 1 MiB by default', () => {
    write(['a', 'x'.repeat(1_400_000), 'b']);
    expect(() => [...linesOf(fd)]).toThrow('a line of more than');
    expect(() => [...linesBackwards(fd)]).toThrow('a line of more than');
    expect([...linesBackwards(fd, { longestBytes: Infinity })]).toHaveLength(3);
  });

  it('must be terminated', () => {
    writeFileSync(fd, 'a\nb');
    expect(() => [...linesOf(fd)]).toThrow('is unterminated');
    expect(() => [...linesBackwards(fd)]).toThrow('is unterminated');
  });
});

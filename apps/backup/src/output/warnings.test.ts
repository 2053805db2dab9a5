import pino from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { Warnings } from './warnings.ts';

describe('Warnings', () => {
  let lines: string[];
  let warnings: Warnings;
  beforeEach(() => {
    lines = [];
    warnings = new Warnings(pino({}, { write: (line: string) => void lines.push(line) }));
  });

  it('logs and reports each of a few warnings', () => {
    warnings.add('a grew while it was read');
    warnings.add('b grew while it was read');
    expect(warnings.list).toEqual(['a grew while it was read', 'b grew while it was read']);
    expect(lines).toHaveLength(2);
  });

  it('logs and reports the first hundred of a million warnings and counts the others', () => {
    for (let count = 0; count < 1_000_000; count++) warnings.add(`${count}`);
    expect(warnings.list).toEqual([...Array.from({ length: 100 }, (_, index) => String(index)), 'and 999900 more warnings']);
    expect(lines).toHaveLength(101);
  });

  it('reports summaries before the warnings they summarize', () => {
    for (let count = 0; count < 200; count++) warnings.add(`${count}`);
    warnings.summarize('200 files could not be read');
    expect(warnings.list.slice(0, 2)).toEqual(['200 files could not be read', '0']);
  });

  it('truncates long warnings to 500 bytes', () => {
    warnings.add(`${'🦊'.repeat(1000)} grew while it was read`);
    warnings.summarize('x'.repeat(1000));
    for (const warning of warnings.list) {
      expect(Buffer.byteLength(warning)).toBeLessThanOrEqual(500);
      expect(Buffer.byteLength(warning)).toBeGreaterThan(496);
    }
  });
});

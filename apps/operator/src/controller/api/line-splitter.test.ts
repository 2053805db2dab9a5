import { describe, expect, it } from 'vitest';
import { LineSplitter } from './line-splitter.ts';

/** Lines of a text that arrives in parts of this many bytes. */
function linesOf(text: string, bytes: number): readonly string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  const whole = Buffer.from(text);
  for (let at = 0; at < whole.length; at += bytes) splitter.push(whole.subarray(at, at + bytes));
  return lines;
}

describe('lines of a stream', () => {
  it.each([1, 2, 3, 5, 1000])('are whole when it arrives in parts of %i bytes, characters of several bytes included', (bytes) => {
    expect(linesOf('{"a":"é"}\n{"b":"🙂"}\n\n{}\n', bytes)).toEqual(['{"a":"é"}', '{"b":"🙂"}', '{}']);
  });

  it('do not include one that the end cuts off', () => {
    expect(linesOf('{}\n{"a":', 4)).toEqual(['{}']);
  });
});

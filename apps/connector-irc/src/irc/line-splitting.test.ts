import { stripColors } from '@eeveebot/libeevee';
import { describe, expect, it } from 'vitest';
import { splitLine as lazilySplitLine, roomForText, textLines } from './line-splitting.ts';

describe('textLines', () => {
  it.each([
    ['one\ntwo\r\nthree\rfour', ['one', 'two', 'three', 'four']],
    ['one\n\n \ntwo', ['one', 'two']],
    ['a\u0000b\u0001VERSION\u0001c\u007f', ['abVERSIONc']],
    ['\u0002bold\u000f \u000304,05red\u0003', ['\u0002bold\u000f \u000304,05red\u0003']],
    ['\u0002\u0002\u00034', []],
    ['', []],
    ['tab\tstays', ['tab\tstays']],
  ])('splits %j into %j', (text, lines) => {
    expect([...textLines(text)]).toEqual(lines);
  });
});

describe('roomForText', () => {
  it('leaves room for the prefix that the server adds', () => {
    const given = { prefix: 'eevee!~bot@host.example', command: 'PRIVMSG', target: '#eevee' };
    const room = roomForText(given);
    expect(Buffer.byteLength(`:eevee!~bot@host.example PRIVMSG #eevee :${'x'.repeat(room)}\r\n`)).toBe(512);
    expect(roomForText({ ...given, enclosed: 9 })).toBe(room - 9);
  });
});

const splitLine = (...given: Parameters<typeof lazilySplitLine>): string[] => [...lazilySplitLine(...given)];

describe('splitLine', () => {
  it('reads only as much of a long text as the lines that are taken need', () => {
    let measured = 0;
    const byteLength = (text: string): number => {
      measured += text.length === 0 ? 0 : 1;
      return Buffer.byteLength(text);
    };
    const lines = lazilySplitLine('\u000304,05wört '.repeat(100_000), 400, byteLength);
    expect(Buffer.byteLength(String(lines.next().value))).toBeGreaterThan(380);
    expect(measured).toBeLessThan(5_000);
  });

  it.each([1, 2, 7])('splits a long text of characters of %i units as a short one', (units) => {
    const character = ['', 'x', '🦊', '', '', '', '', '👩‍👩‍👧x'.slice(0, 7)][units] ?? '';
    const text = Array.from({ length: 600 }, (_, n) => character.repeat((n % 9) + 1)).join(' ');
    const lines = splitLine(text, 200);
    expect(lines.join(' ')).toBe(text);
    // Each line is as long as it can be.
    for (const [index, line] of lines.slice(0, -1).entries()) {
      const [word = ''] = lines[index + 1]?.split(' ') ?? [];
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(200);
      expect(Buffer.byteLength(`${line} ${word}`)).toBeGreaterThan(200);
    }
  });

  it.each([
    ['short', 5, ['short']],
    ['hello world', 8, ['hello', 'world']],
    ['hello world', 5, ['hello', 'world']],
    ['hello  world', 8, ['hello ', 'world']],
    ['aaaaaaaaaa', 4, ['aaaa', 'aaaa', 'aa']],
    ['äöüß', 5, ['äö', 'üß']],
    ['a 👩‍👩‍👧‍👦 b', 27, ['a 👩‍👩‍👧‍👦', 'b']],
    ['👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 30, ['👩‍👩‍👧‍👦', '👩‍👩‍👧‍👦']],
    ['one two\u0003', 4, ['one', 'two\u0003']],
  ])('splits %j at %d bytes into %j', (line, bytes, lines) => {
    expect(splitLine(line, bytes)).toEqual(lines);
  });

  it('carries formatting into the next line', () => {
    expect(splitLine('\u0002\u00034,5one two\u000f three', 11)).toEqual(['\u0002\u00034,5one', '\u0002\u000304,05two\u000f', 'three']);
  });

  it('keeps the background of a colour when only the foreground changes', () => {
    expect(splitLine('\u00034,5one \u00033two three\u0003 four', 11)).toEqual([
      '\u00034,5one',
      ...['\u000304,05\u00033two', '\u000303,05three', 'four'],
    ]);
    expect(splitLine('\u0004aabbcc,ddeeff x \u0004112233y z', 18).at(-1)).toBe('\u0004112233,ddeeffy z');
    expect(splitLine('\u00034,5one \u0004112233y z', 15).at(-1)).toBe('\u0004112233z');
  });

  it('separates a colour from a following comma or digit of the text', () => {
    expect(splitLine('\u00034aaaa ,5 bbb', 8)).toEqual(['\u00034aaaa', '\u000304\u0002\u0002,5', '\u000304bbb']);
    expect(splitLine('\u00034aaaa 5 bbbb', 7)).toEqual(['\u00034aaaa', '\u0003045', '\u000304bbbb']);
  });

  it('never splits a formatting code, and loses nothing but spaces', () => {
    const text = Array.from({ length: 400 }, (_, n) => `\u0003${String(n % 16).padStart(2, '0')}wört${n}\u0003`).join(' ');
    const lines = splitLine(text, 300);
    expect(lines.map(stripColors).join(' ')).toBe(stripColors(text));
    for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(300);
  });

  it('splits a cluster of a thousand marks instead of looping or exceeding the limit', () => {
    const lines = splitLine(`a${'\u0301'.repeat(1000)}`, 400);
    expect(lines.join('')).toBe(`a${'\u0301'.repeat(1000)}`);
    for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(400);
  });

  it('counts bytes in the encoding of the connection', () => {
    expect(splitLine('äöüß', 4, (text) => text.length)).toEqual(['äöüß']);
  });
});

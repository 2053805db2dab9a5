import { stripColors } from '@eeveebot/libeevee';
import { describe, expect, it } from 'vitest';
import { roomForText, splitLine, textLines } from './line-splitting.ts';

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
    expect(textLines(text)).toEqual(lines);
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

describe('splitLine', () => {
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

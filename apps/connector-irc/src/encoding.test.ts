import { describe, expect, it } from 'vitest';
import { encodingExists, lineEncoding } from './encoding.ts';

it('reads UTF-8, and falls back to windows-1252 for invalid UTF-8', () => {
  const { decode, encode, byteLength } = lineEncoding('utf8');
  expect([decode(Buffer.from('grün 🦊')), decode(Buffer.from([0x67, 0x72, 0xfc, 0x6e, 0x80]))]).toEqual(['grün 🦊', 'grün€']);
  expect([encode('ü').length, byteLength('ü')]).toEqual([2, 2]);
});

describe('UTF-8 that is not valid', () => {
  const { decode } = lineEncoding('utf8');
  const bytes = (text: string): Buffer => Buffer.from(text);
  const prefix = ':fox!fox@den PRIVMSG #größe :';

  it('is read but for the character that was cut at the end of a line, or at the beginning of the next', () => {
    const text = bytes('日本語のテキスト🦊');
    for (const cut of [1, 2, 3]) {
      expect(decode(Buffer.concat([bytes(prefix), text.subarray(0, -cut)]))).toBe(`${prefix}日本語のテキスト`);
      expect(decode(Buffer.concat([bytes(prefix), text.subarray(0, -cut), bytes('\r')]))).toBe(`${prefix}日本語のテキスト`);
      expect(decode(Buffer.concat([bytes(prefix), text.subarray(-cut), bytes('日本')]))).toBe(`${prefix}日本`);
    }
  });

  it('in the text changes neither tags nor names before it', () => {
    const line = bytes(`@account=füchsin ${prefix}`);
    expect(decode(Buffer.concat([line, Buffer.from([0x67, 0x72, 0xfc, 0x6e])]))).toBe(`@account=füchsin ${prefix}grün`);
    expect(decode(Buffer.concat([bytes(prefix), Buffer.from([0x63, 0x61, 0x66, 0xe9])]))).toBe(`${prefix}café`);
    expect(decode(Buffer.from([0x3a, 0xfc]))).toBe(':ü');
  });
});

it('reads and writes other encodings', () => {
  const { decode, encode, byteLength } = lineEncoding('koi8-r');
  expect(decode(encode('лиса'))).toBe('лиса');
  expect(byteLength('лиса')).toBe(4);
  expect(encode('🦊').toString()).toBe('??');
});

it('knows which encodings the protocol survives', () => {
  expect(['utf8', 'UTF-8', 'windows-1252', 'koi8-r', 'klingon', 'utf16', 'base64'].map(encodingExists)).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

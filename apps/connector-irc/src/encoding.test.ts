import { expect, it } from 'vitest';
import { encodingExists, lineEncoding } from './encoding.ts';

it('reads UTF-8, and falls back to windows-1252 for invalid UTF-8', () => {
  const { decode, encode, byteLength } = lineEncoding('utf8');
  expect([decode(Buffer.from('grün 🦊')), decode(Buffer.from([0x67, 0x72, 0xfc, 0x6e, 0x80]))]).toEqual(['grün 🦊', 'grün€']);
  expect([encode('ü').length, byteLength('ü')]).toEqual([2, 2]);
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

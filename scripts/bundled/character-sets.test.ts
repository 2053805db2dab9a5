import { describe, expect, it } from 'vitest';
import { decode, encodingExists, getDecoder } from './character-sets.ts';

describe('decoders of request bodies', () => {
  it('decode a character that arrives in two parts', () => {
    const bytes = Buffer.from('é');
    const decoder = getDecoder('utf-8');
    expect(decoder.write(bytes.subarray(0, 1)) + decoder.write(bytes.subarray(1)) + decoder.end()).toBe('é');
    expect(decode(Buffer.from([0xe9]), 'iso-8859-1')).toBe('é');
  });

  it('refuse an unknown character set with the message that makes the response 415', () => {
    expect(encodingExists('utf-8')).toBe(true);
    expect(encodingExists('klingon')).toBe(false);
    expect(() => getDecoder('klingon')).toThrow(/^Encoding not recognized: /);
  });
});

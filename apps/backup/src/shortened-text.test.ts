import { describe, expect, it } from 'vitest';
import { shortenedJsonText, shortenedText } from './shortened-text.ts';

describe('shortenedText', () => {
  it('returns a text that fits unchanged', () => {
    expect(shortenedText('ääää', 8)).toBe('ääää');
  });

  it.each([
    ['x', 1],
    ['ä', 2],
    ['€', 3],
    ['🦊', 4],
  ])('truncates a text of %s between two characters at any limit', (character, bytes) => {
    for (let limit = 40; limit < 52; limit++) {
      expect(shortenedText(character.repeat(1000), limit)).toBe(`${character.repeat(Math.floor((limit - 3) / bytes))}…`);
    }
  });
});

describe('shortenedJsonText', () => {
  it.each(['x', 'ä', '🦊', '\n', '"', '\u0001'])('uses the full limit for the JSON of a text of %j', (character) => {
    const bytes = Buffer.byteLength(JSON.stringify(shortenedJsonText(character.repeat(100_000), 4000)));
    expect(bytes).toBeLessThanOrEqual(4000);
    expect(bytes).toBeGreaterThan(3980);
  });
});

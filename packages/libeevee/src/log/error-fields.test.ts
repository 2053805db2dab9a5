import { describe, expect, it } from 'vitest';
import { asError, describedError } from './error-fields.ts';

describe('describedError', () => {
  it('contains type, message, code, stack and causes', () => {
    const error = Object.assign(new TypeError('outer', { cause: new Error('inner', { cause: 'root' }) }), { code: 'E1' });
    expect(describedError(error, { showSaid: false })).toMatchObject({
      type: 'TypeError',
      message: 'outer',
      code: 'E1',
      stack: expect.stringContaining('error-fields.test.ts'),
      cause: { message: 'inner', cause: 'root' },
    });
  });

  it('does not quote chat text that could not be parsed', () => {
    const parse = (): unknown => JSON.parse('my secret words');
    let thrown: unknown;
    try {
      parse();
    } catch (error) {
      thrown = error;
    }
    const error = asError(thrown);
    expect(JSON.stringify(describedError(error, { showSaid: true }))).toContain('secret');
    const quiet = describedError(error, { showSaid: false });
    expect(JSON.stringify(quiet)).not.toContain('secret');
    expect(quiet.stack).toContain('error-fields.test.ts');
  });

  it.each([
    [() => JSON.parse('secret'), /^Unexpected token '…', "…" is not valid JSON$/],
    [() => JSON.parse('{"a": "b" secret}'), /^Expected ',' or '\}' after property value in JSON at position 10/],
    [() => JSON.parse('secret "words" and\nmore'), /^Unexpected token '…', "…"(?:\.\.\.)? is not valid JSON$/],
    [() => new RegExp(['(', 'secret'].join('')), /^Invalid regular expression: \/…\/: Unterminated group$/],
  ])('keeps the kind and the rest of the message of what could not be parsed: %s', (parse, message) => {
    let described: unknown;
    try {
      parse();
    } catch (error) {
      described = describedError(asError(error), { showSaid: false });
    }
    expect(described).toMatchObject({ type: 'SyntaxError', message: expect.stringMatching(message) });
    expect(JSON.stringify(described)).not.toMatch(/secret|words/);
  });

  it('stops at a cycle of causes', () => {
    const error = new Error('round');
    error.cause = error;
    expect(JSON.stringify(describedError(error, { showSaid: false })).match(/round/g)?.length).toBeLessThan(20);
  });
});

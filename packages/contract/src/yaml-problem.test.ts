import { describe, expect, it } from 'vitest';
import { yamlPlace, yamlProblemText } from './yaml-problem.ts';

describe('yamlProblemText', () => {
  it.each([
    ['BLOCK_AS_IMPLICIT_KEY', 'Nested mappings are not allowed in compact mappings', 'greeting: hello: world\n', 10],
    ['TAB_AS_INDENT', 'Tabs are not allowed as indentation', 'limit:\n\tcount: 2\n', 7],
    ['NEVER_HEARD_OF', 'a code of a later release', 'greeting: hello\n', 10],
  ])('describes %s with the line, the problem and the fix', (code, message, text, at) => {
    const described = yamlProblemText(text, { code, message, at });
    expect(described).toMatch(/^line \d, column \d+ \(`[^`]+`\): .+; to fix it, .+/);
    expect(described).not.toContain(code);
    expect(described).not.toContain('hello');
  });

  it.each([
    ['a: 1\nb: "x y\nc: 2\n', '"', 'line 2, column 4 (`b: "…`)'],
    ['"x', '"', 'line 1, column 1 (`"…`)'],
    [String.raw`b: "x \" y`, '"', 'line 1, column 4 (`b: "…`)'],
    ["b: 'it '' is", "'", "line 1, column 4 (`b: '…`)"],
  ])('points to the start of the quote that %j does not close', (text, quote, place) => {
    const described = yamlProblemText(text, { code: 'MISSING_CHAR', message: `Missing closing ${quote}quote`, at: text.length });
    expect(described).toContain(`${place}: the quote is never closed`);
  });
});

describe('yamlPlace', () => {
  it.each([
    ['password: hunter2', 'password: …'],
    ['password: "hunter2"', 'password: "…"'],
    ['password: "hunter2', 'password: "…'],
    ["password: 'hunter2' more", "password: '…' …"],
    ['  - token: {hunter2: [hunter2, "hunter2"]}', '- token: {…: […, "…"]}'],
    ['hunter2', '…'],
    ['-hunter2', '-…'],
    ['token:hunter2', 'token:…'],
  ])('shows %j without its values', (line, shown) => {
    expect(yamlPlace(`a: 1\r\n${line}\r\nb: 2`, 6)).toBe(`line 2, column 1 (\`${shown}\`)`);
  });

  it('shows the beginning of a long line', () => {
    expect(yamlPlace(`a: ${'x '.repeat(500_000)}`, 900)).toMatch(/^line 1, column 901 \(`a: … .{1,80}…`\)$/u);
    expect(yamlPlace(String.raw`a: "\"`.repeat(100_000), 0).length).toBeLessThan(150);
  });
});

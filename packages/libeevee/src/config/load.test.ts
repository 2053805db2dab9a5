import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadModuleConfig, mergedConfig } from './load.ts';
import { log } from '../log/log.ts';

const defaults = { greeting: 'hello', ratelimit: { mode: 'drop', limit: 5 }, channels: ['#a', '#b'] };

let folder: string;
let lines: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'eevee-config-'));
  lines = [];
  for (const level of ['info', 'warn', 'error'] as const)
    vi.spyOn(log, level).mockImplementation((message) => void lines.push(`${level}: ${String(message)}`));
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** Writes the module's configuration file and sets its path in the environment. */
function givenFile(content: string | Uint8Array): void {
  const path = join(folder, 'config.yaml');
  writeFileSync(path, content);
  vi.stubEnv('MODULE_CONFIG_PATH', path);
}

describe('loadModuleConfig', () => {
  it('merges the file deeply over the defaults', () => {
    givenFile('ratelimit:\n  limit: 2\nchannels: ["#c"]\nextra: 0x10\n');
    expect(loadModuleConfig(defaults)).toEqual({ greeting: 'hello', ratelimit: { mode: 'drop', limit: 2 }, channels: ['#c'], extra: 16 });
  });

  it('does not modify the defaults', () => {
    givenFile('ratelimit:\n  limit: 2\n');
    loadModuleConfig(defaults);
    expect(defaults.ratelimit).toEqual({ mode: 'drop', limit: 5 });
  });

  it('keeps the defaults of a mapping that is empty in the file', () => {
    givenFile('ratelimit:\n  # limit: 2\ngreeting: null\n');
    expect(loadModuleConfig(defaults)).toEqual({ ...defaults, greeting: null });
  });

  it.each([
    [
      'that cannot be parsed',
      'greeting: "unfinished\nratelimit: {',
      /not valid YAML: line 1, column 11 \(`greeting: "…`\): the quote is never closed; to fix it, /,
    ],
    ['that is a list', '- a\n- b\n', /a list at line 1, column 1 \(`- …`\), not a mapping; to fix it, write lines of `key: value`/],
    ['that is a single value', 'hello\n', /a single value at line 1, column 1 \(`…`\), not a mapping/],
    ['that is empty', '# nothing yet\n', /it is empty/],
    ['of two documents', 'a: 1\n---\nb: 2\n', /line 2, column 1 \(`---`\): a line with --- starts a second document/],
    ['with a key given twice', 'a: 1\na: 2\n', /line 2, column 1 \(`a: …`\): the key is already in this mapping/],
    ['with a value that is a tag', 'a: 1\ncommand: !help\n', /line 2, column 10 \(`command: !…`\): a value starts with !, .* in quotes/],
    ['with a text behind a tag', 'command: !help me\n', /line 1, column 10 .* a value starts with !/],
    ['with only an exclamation mark', 'prefix: !\n', /line 1, column 10 .* a value starts with !/],
    ['with a tag as a key', '!help me: 1\n', /line 1, column 1 .* a value starts with !/],
    ['with a tag in a list', 'all: [!help, b]\n', /line 1, column 7 .* a value starts with !/],
    ['with an unknown YAML tag', 'a: !!python/object:x {b: 1}\n', /line 1, column 4 .* does not fit its tag .* remove the tag/],
    ['with a template in braces', 'greeting: {{ name }}\n', /line 1, column 12 .* a key is a mapping .* in quotes/],
    ['with a channel without quotes', 'channels:\n  - "#a"\n  - #b\n', /line 3, column \d+ .* starts a comment; to fix it, .* quotes/],
    ['with an unknown directive', '%FOO x\n---\na: 1\n', /line 1, column 1 .* starts with %/],
    ['larger than 1 MiB', `greeting: ${'x'.repeat(1024 * 1024)}`, /larger than 1 MiB/],
    ['that multiplies itself by aliases', bomb(), /its aliases expand to more than 100000 values/],
    [
      'that multiplies itself by merge keys',
      bomb()
        .replaceAll(/\[(\*.*)\]/g, '{<<: [$1]}')
        .replace(/\[x.*\]/, '{x: 1}'),
      /aliases expand to more/,
    ],
    ['with thousands of aliases', `a: &a 1\nb: [${'*a,'.repeat(1_001)}]\n`, /it has more than 1000 aliases/],
    ['that is part of itself', 'a: &a\n  b: *a\n', /an alias at line 2, column 6 \(`b: \*…`\) refers to a value that contains it/],
    ['that merges itself', 'a: &a\n  x: 1\n  <<: *a\n', /an alias at line 3, column 7 .* refers to a value that contains it/],
    [
      'with an alias of nothing',
      'a: 1\nb: *c\n',
      /an alias at line 2, column 4 \(`b: \*…`\) does not refer to an anchor before it; to fix it, put a value/,
    ],
  ])('returns the defaults for a file %s, and logs that', (_what, content, said) => {
    givenFile(content);
    expect(loadModuleConfig(defaults)).toBe(defaults);
    expect(lines).toEqual([expect.stringMatching(said)]);
    expect(lines[0]).toMatch(/^error: /);
  });

  it('merges mappings as YAML 1.1 does, where the nearer key wins', () => {
    givenFile(
      'base: &base {limit: 2, mode: enqueue}\nother: &other {mode: drop, more: 1}\nratelimit:\n  <<: [*base, *other]\n  limit: 3\n"<<": plain\n',
    );
    expect(loadModuleConfig<object>({ ratelimit: {} })).toEqual({
      base: { limit: 2, mode: 'enqueue' },
      other: { mode: 'drop', more: 1 },
      ratelimit: { limit: 3, mode: 'enqueue', more: 1 },
      '<<': 'plain',
    });
  });

  it('accepts many aliases that expand to little', () => {
    givenFile(`base: &base {a: 1}\nall: [${Array.from({ length: 1_000 }, () => '*base').join(',')}]\n`);
    expect(loadModuleConfig<{ all: unknown[] }>({ all: [] }).all).toHaveLength(1_000);
  });

  it('warns about keys that the defaults do not have', () => {
    givenFile('greting: hi\nratelimit:\n  limits: 2\n  colour: red\n');
    loadModuleConfig(defaults);
    expect(lines.filter((line) => line.startsWith('warn'))).toEqual([
      'warn: The configuration has an unknown key: greting (did you mean greeting?)',
      'warn: The configuration has an unknown key: ratelimit.limits (did you mean ratelimit.limit?)',
      'warn: The configuration has an unknown key: ratelimit.colour',
    ]);
  });

  it('accepts a file of 1 MiB', () => {
    const text = 'greeting: ';
    givenFile(text + 'x'.repeat(1024 * 1024 - text.length));
    expect(loadModuleConfig(defaults).greeting).toHaveLength(1024 * 1024 - text.length);
  });

  it('never quotes the file in the log', () => {
    givenFile('password: "my-secret\n');
    loadModuleConfig(defaults);
    expect(lines.join()).not.toContain('my-secret');
  });

  it('returns the defaults when the file is missing, a directory, or not configured', () => {
    vi.stubEnv('MODULE_CONFIG_PATH', join(folder, 'nowhere.yaml'));
    expect(loadModuleConfig(defaults)).toBe(defaults);
    vi.stubEnv('MODULE_CONFIG_PATH', folder);
    expect(loadModuleConfig(defaults)).toBe(defaults);
    vi.stubEnv('MODULE_CONFIG_PATH', '');
    expect(loadModuleConfig(defaults)).toBe(defaults);
    expect(lines).toEqual([
      expect.stringContaining('ENOENT'),
      expect.stringContaining('EISDIR'),
      'info: MODULE_CONFIG_PATH is not set: using the default configuration',
    ]);
  });

  it('yields only plain values', () => {
    givenFile('when: 2026-01-02\nyes: yes\nbinary: !!binary aGk=\nnone: # later\nlist:\n  - # none\nflow: {\n}\n');
    expect(loadModuleConfig<object>({})).toMatchObject({ when: '2026-01-02', yes: 'yes', binary: 'aGk=' });
  });

  it('cannot be made to change the prototype of objects', () => {
    givenFile('__proto__:\n  polluted: true\nratelimit:\n  __proto__: {polluted: true}\nconstructor: {prototype: {polluted: true}}\n');
    const config: object = loadModuleConfig(defaults);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(Reflect.get(config, 'polluted')).toBeUndefined();
    expect(Object.getPrototypeOf(config)).toBe(Object.prototype);
  });
});

describe('mergedConfig', () => {
  it('uses the value of the file where the types differ', () => {
    expect(mergedConfig({ a: { b: 1 }, c: [1], d: 'x' }, { a: 'text', c: { e: 2 }, d: [3] })).toEqual({ a: 'text', c: { e: 2 }, d: [3] });
  });

  it('does not treat inherited names as defaults', () => {
    expect(mergedConfig({}, { toString: { a: 1 } })).toEqual({ toString: { a: 1 } });
  });
});

/** 9 levels of 9 aliases each: 387 million values when resolved. */
function bomb(): string {
  const levels = ['a0: &a0 [x,x,x,x,x,x,x,x,x]'];
  for (let level = 1; level < 9; level++) {
    levels.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(',')}]`);
  }
  return levels.join('\n');
}

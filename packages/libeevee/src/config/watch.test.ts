import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ConfigWatch, type ConfigWatchOptions, watchModuleConfig } from './watch.ts';
import { log } from '../log/log.ts';

const NEVER_MS = 3_600_000;
const defaults = { greeting: 'hello', ratelimit: { mode: 'drop', limit: 5 } };
type Config = typeof defaults;

let folder: string;
let lines: string[];
let watches: ConfigWatch<unknown>[];
let changes: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'eevee-watch-'));
  vi.stubEnv('MODULE_CONFIG_PATH', join(folder, 'config.yaml'));
  lines = [];
  watches = [];
  changes = [];
  for (const level of ['warn', 'error'] as const) vi.spyOn(log, level).mockImplementation((message) => void lines.push(String(message)));
  vi.spyOn(log, 'info').mockImplementation(() => {});
});

afterEach(async () => {
  await Promise.all(watches.map((each) => each.close()));
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const write = (text: string): void => writeFileSync(join(folder, 'config.yaml'), text);

/** Replaces a file atomically, as an editor or a deployment does. */
function replace(text: string): void {
  writeFileSync(join(folder, 'new'), text);
  renameSync(join(folder, 'new'), join(folder, 'config.yaml'));
}

let version = 0;

/** Updates a mounted ConfigMap as the kubelet does: writes a new directory and swaps `..data` to it in one step. */
function swap(text: string): void {
  const name = `..2026_11_${++version}`;
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, 'config.yaml'), text);
  symlinkSync(name, join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  if (version === 1) symlinkSync(join('..data', 'config.yaml'), join(folder, 'config.yaml'));
  else rmSync(join(folder, `..2026_11_${version - 1}`), { recursive: true });
}

/** Follows the file and records its changes in `changes`. Only the watch finds changes, unless `options` say otherwise. */
async function watch(options: ConfigWatchOptions<Config> = {}): Promise<ConfigWatch<Config>> {
  const watched = await watchModuleConfig(defaults, ({ greeting }, previous) => changes.push(`${previous.greeting} → ${greeting}`), {
    settleMs: 20,
    compareMs: NEVER_MS,
    ...options,
  });
  watches.push(watched);
  return watched;
}

const waitFor = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 120_000, interval: 5 });

describe('watchModuleConfig', () => {
  it('returns the file merged over the defaults, then reports its changes', async () => {
    write('ratelimit:\n  limit: 2\n');
    const watched = await watch();
    expect(watched.config).toEqual({ greeting: 'hello', ratelimit: { mode: 'drop', limit: 2 } });
    write('greeting: hi\n');
    await waitFor(() => expect(changes).toEqual(['hello → hi']));
    replace('greeting: hey\n');
    await waitFor(() => expect(changes).toEqual(['hello → hi', 'hi → hey']));
    expect(watched.config).toEqual({ greeting: 'hey', ratelimit: { mode: 'drop', limit: 5 } });
  });

  it('sees the last of many symlink swaps 5 ms apart, and later ones', async () => {
    version = 0;
    swap('greeting: g0\n');
    const watched = await watch();
    for (let round = 1; round <= 3; round++) {
      for (let n = 1; n <= 40; n++) {
        swap(`greeting: g${round}-${n}\n`);
        await delay(5);
      }
      await waitFor(() => expect(watched.config.greeting).toBe(`g${round}-40`));
    }
  });

  it('reads a file that changes continuously', async () => {
    write('greeting: g0\n');
    const watched = await watch({ settleMs: 500 });
    let n = 0;
    const writing = setInterval(() => replace(`greeting: g${++n}\n`), 20);
    try {
      await waitFor(() => expect(watched.config.greeting).not.toBe('g0'));
    } finally {
      clearInterval(writing);
    }
  });

  it('finds changes by polling that the file system did not report', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'eevee-elsewhere-'));
    writeFileSync(join(elsewhere, 'real.yaml'), 'greeting: one\n');
    symlinkSync(join(elsewhere, 'real.yaml'), join(folder, 'config.yaml'));
    await watch({ compareMs: 20 });
    writeFileSync(join(elsewhere, 'real.yaml'), 'greeting: two\n');
    await waitFor(() => expect(changes).toEqual(['one → two']));
    rmSync(elsewhere, { recursive: true });
  });

  it.each([
    ['empty', '', /it is empty/],
    ['not YAML', 'greeting: "unfinished\n', /not valid YAML/],
    ['a list', '- a\n', /a list at line 1, column 1 .*, not a mapping/],
    ['over 1 MiB', `greeting: ${'x'.repeat(1024 * 1024)}`, /larger than 1 MiB/],
    ['gone', undefined, /ENOENT/],
  ])('keeps the last good configuration while the file is %s, and logs the reason once', async (_what, text, said) => {
    write('greeting: good\n');
    const watched = await watch({ compareMs: 20 });
    if (text === undefined) rmSync(join(folder, 'config.yaml'));
    else write(text);
    await waitFor(() => expect(lines).toHaveLength(1));
    expect(lines[0]).toMatch(said);
    expect(watched.config.greeting).toBe('good');
    write('greeting: better\n');
    await waitFor(() => expect(changes).toEqual(['good → better']));
    expect(lines).toHaveLength(1);
  });

  it('does not report a file with other text but equal content', async () => {
    write('greeting: good\n');
    await watch({ settleMs: 5, compareMs: 5 });
    write('# a comment\ngreeting: "good"\n');
    // There is no signal that the file was read: this is ten times the time it takes.
    await delay(100);
    write('# a comment\ngreeting: "better"\n');
    await waitFor(() => expect(changes).toEqual(['good → better']));
  });

  it('cannot be made to change the prototype of objects', async () => {
    write('greeting: good\n');
    const watched = await watch();
    write('__proto__: {polluted: true}\nratelimit: {__proto__: {polluted: true}}\n');
    await waitFor(() => expect(changes).toHaveLength(1));
    expect(Reflect.get(watched.config, 'polluted')).toBeUndefined();
    expect(Reflect.get(watched.config.ratelimit, 'polluted')).toBeUndefined();
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('keeps the last good configuration when validate refuses the new one', async () => {
    write('greeting: good\n');
    const watched = await watch({
      validate: async (laid) => {
        if (laid.greeting === 'bad') throw new Error('greeting must not be bad');
        return Promise.resolve({ ...laid, greeting: laid.greeting.toUpperCase() });
      },
    });
    expect(watched.config.greeting).toBe('GOOD');
    write('greeting: bad\n');
    await waitFor(() => expect(lines).toEqual([expect.stringContaining('greeting must not be bad')]));
    expect(watched.config.greeting).toBe('GOOD');
    write('greeting: better\n');
    await waitFor(() => expect(changes).toEqual(['GOOD → BETTER']));
  });

  it('delivers changes one after the other, and skips to the latest', async () => {
    write('greeting: one\n');
    const started: string[] = [];
    let finish: (() => void) | undefined;
    const watched = await watchModuleConfig(
      defaults,
      ({ greeting }) => {
        started.push(greeting);
        return new Promise<void>((resolve) => (finish = resolve));
      },
      { settleMs: 5, compareMs: 20 },
    );
    watches.push(watched);
    replace('greeting: two\n');
    await waitFor(() => expect(started).toEqual(['two']));
    for (const greeting of ['three', 'four', 'five']) replace(`greeting: ${greeting}\n`);
    // Nothing may happen: this is five times as long as a change would take.
    await delay(100);
    expect(started).toEqual(['two']);
    finish?.();
    await waitFor(() => expect(started).toEqual(['two', 'five']));
    finish?.();
  });

  it('continues after a handler that throws or rejects', async () => {
    write('greeting: one\n');
    const watched = await watchModuleConfig(
      defaults,
      ({ greeting }) => {
        if (greeting === 'two') throw new Error('no');
        return greeting === 'three' ? Promise.reject(new Error('no')) : undefined;
      },
      { settleMs: 5 },
    );
    watches.push(watched);
    for (const [n, greeting] of ['two', 'three', 'four'].entries()) {
      replace(`greeting: ${greeting}\n`);
      await waitFor(() => expect([watched.config.greeting, lines.length]).toEqual([greeting, Math.min(n + 1, 2)]));
    }
    expect(lines).toEqual(Array(2).fill('The handler of a changed configuration failed'));
  });

  it('returns the defaults while the file is invalid at the start, and uses it once it is valid', async () => {
    const watched = await watch();
    expect(watched.config).toBe(defaults);
    expect(lines).toEqual([expect.stringMatching(/^Using the default configuration.*ENOENT/)]);
    write('greeting: here\n');
    await waitFor(() => expect(changes).toEqual(['hello → here']));
  });

  it('fails at the start when validate rejects the configuration', async () => {
    write('greeting: bad\n');
    const refused = watchModuleConfig(defaults, () => {}, { validate: () => Promise.reject(new Error('bad')) });
    await expect(refused).rejects.toThrow('bad');
  });

  it('returns the defaults when no file is configured', async () => {
    vi.stubEnv('MODULE_CONFIG_PATH', '');
    expect((await watch()).config).toBe(defaults);
    expect(lines).toEqual([]);
  });

  it('reports nothing after it is closed', async () => {
    write('greeting: one\n');
    const closed = await watch({ compareMs: 5 });
    const open = await watch({ compareMs: 5 });
    await closed.close();
    replace('greeting: two\n');
    await waitFor(() => expect(open.config.greeting).toBe('two'));
    expect([closed.config.greeting, changes]).toEqual(['one', ['one → two']]);
  });
});

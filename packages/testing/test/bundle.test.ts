import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildBundle } from '@eeveebot/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const APP = fileURLToPath(new URL('../../../apps/echo-module', import.meta.url));

describe('bundle of an app', () => {
  const folder = mkdtempSync(join(tmpdir(), 'eevee-bundle-test-'));
  const kept = join(folder, 'kept');
  beforeAll(() => {
    mkdirSync(kept);
    vi.stubEnv('BUNDLES_OF_RUN', kept);
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });
  const build = (app: string, name: string): Readonly<Record<string, string>> => {
    const own = join(folder, name);
    mkdirSync(own);
    buildBundle(app, join(own, 'app.mjs'));
    return Object.fromEntries(readdirSync(own).map((file) => [file, readFileSync(join(own, file), 'utf8')]));
  };

  it('is built once in a run, and copied with all files that belong to it', () => {
    const first = build(APP, 'first');
    const [built] = readdirSync(kept);
    expect(Object.keys(first)).toEqual(expect.arrayContaining(['app.mjs', 'app.mjs.map', 'app.licenses.txt', 'app.cdx.json']));
    expect(build(APP, 'second')).toEqual(first);
    expect(readdirSync(kept)).toEqual([built]);
  });

  it('is not kept if it cannot be built', () => {
    const before = readdirSync(kept);
    expect(() => build(folder, 'broken')).toThrow('src/main.ts');
    expect(() => build(folder, 'broken-again')).toThrow('src/main.ts');
    expect(readdirSync(kept).filter((name) => !name.startsWith('new-'))).toEqual(before);
  });
});

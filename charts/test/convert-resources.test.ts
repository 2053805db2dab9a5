import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../crds/files/convert-resources.mjs', import.meta.url));

describe('convert-resources.mjs', () => {
  let file: string;

  beforeAll(() => {
    file = join(mkdtempSync(join(tmpdir(), 'eevee-convert-')), 'eevee-2.x.json');
  });

  afterAll(() => rmSync(join(file, '..'), { recursive: true }));

  function converted(content: string, ...flags: string[]) {
    writeFileSync(file, content);
    return spawnSync(process.execPath, [SCRIPT, ...flags, file], { encoding: 'utf8' });
  }

  it.each([
    ['an empty file', '', /eevee-2\.x\.json is not the output of kubectl get -o json: write it again \(/],
    ['a file that was cut', '{"kind":"List","items":[', /eevee-2\.x\.json is not the output of kubectl get -o json: write it again \(/],
    [
      'a resource of another kind',
      JSON.stringify({ kind: 'List', items: [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'other' } }] }),
      /^Secret other \(v1\) is not a resource of eevee: remove it from the file$/m,
    ],
  ])('refuses %s with the fix, and writes nothing', (_, content, message) => {
    const { status, stdout, stderr } = converted(content);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
  });

  it('keeps only what users write, with the kinds of this release', () => {
    const metadata = { name: 'echo', namespace: 'bots', finalizers: ['x'], uid: 'u', annotations: { mine: 'yes' } };
    const { status, stdout } = converted(
      JSON.stringify({ apiVersion: 'eevee.bot/v1', kind: 'botmodule', metadata, spec: { size: 2 }, status: { old: true } }),
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      items: [{ kind: 'BotModule', metadata: { annotations: { mine: 'yes' } }, spec: { size: 2 } }],
    });
    expect(stdout).not.toMatch(/finalizers|status|uid/);
  });

  it('keeps the kinds for the way back', () => {
    const metadata = { name: 'echo', namespace: 'bots', resourceVersion: '7' };
    const { stdout } = converted(JSON.stringify({ apiVersion: 'eevee.bot/v1', kind: 'botmodule', metadata, spec: {} }), '--former-kinds');
    expect(JSON.parse(stdout)).toMatchObject({ items: [{ kind: 'botmodule', metadata: { name: 'echo', namespace: 'bots' } }] });
    expect(stdout).not.toContain('resourceVersion');
  });
});

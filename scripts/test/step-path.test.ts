import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stepPath } from '../../packages/testing/setup/step-path.ts';
import { captureProgram } from '../commands/command.ts';

/** Not in the table, and on the user's PATH. */
const UNDECLARED = 'eevee-undeclared-program';

describe('a step', () => {
  const pathBefore = process.env['PATH'] ?? '';
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'eevee-undeclared-'));
    writeFileSync(join(folder, UNDECLARED), '#!/bin/sh\necho found\n', { mode: 0o755 });
    process.env['PATH'] = `${folder}${delimiter}${pathBefore}`;
  });
  afterAll(() => {
    process.env['PATH'] = pathBefore;
    rmSync(folder, { recursive: true, force: true });
  });

  it('does not find a program that is not declared for it', async () => {
    expect(spawnSync(UNDECLARED, { encoding: 'utf8' }).stdout).toBe('found\n');
    expect(spawnSync(UNDECLARED, { env: { PATH: stepPath('integration') } }).error).toMatchObject({ code: 'ENOENT' });
    const inShell = await captureProgram('integration', 'sh', ['-c', `${UNDECLARED}; echo "exit code $?"`]);
    expect(inShell.output).toMatch(/not found[^]*exit code 127/);
  });

  it('does not find a program that only another step declares', async () => {
    const looks = ['sh', ['-c', 'command -v bsdtar || echo none']] as const;
    expect((await captureProgram('integration', ...looks)).output).toMatch(/\/bsdtar\n$/);
    expect((await captureProgram('charts', ...looks)).output).toBe('none\n');
  });

  it('finds the essential programs, its own, and the Node.js that runs the commands', async () => {
    const script = 'tar --version >/dev/null && bsdtar --version >/dev/null && npm --version >/dev/null && node -p process.execPath';
    const { code, output } = await captureProgram('integration', 'sh', ['-ec', script]);
    expect(output).not.toMatch(/not found/);
    expect(code).toBe(0);
    expect(spawnSync('node', ['--version'], { env: { PATH: stepPath('units') }, encoding: 'utf8' }).stdout.trim()).toBe(process.version);
  });

  it("has the user's PATH for commands that use the user's own kubeconfig", async () => {
    expect(await captureProgram('of the user', UNDECLARED, [])).toEqual({ code: 0, output: 'found\n' });
  });
});

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { pendingChangesets } from '../release/check.ts';
import { readParts } from '../release/parts.ts';
import { versionFiles } from '../release/versions/version-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'eevee-version-'));
const root = join(folder, 'eevee');
const before = readParts('.');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
// Without the settings of the user, who may sign every commit.
const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
const run = (command: string, ...args: readonly string[]): string =>
  execFileSync(command, args, { cwd: root, env, encoding: 'utf8', stdio: 'pipe' });

/** A change of the runtime that its users see, and one of the operator. */
const CHANGESETS = {
  runtime: "---\n'@eeveebot/libeevee': minor\n---\n\nModules can whisper.\n",
  operator: "---\n'@eeveebot/operator': minor\n---\n\nThe operator counts.\n",
};

beforeAll(() => {
  // The files of the working tree, as a repository of its own in which they may change.
  const paths = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' }).split('\0');
  for (const path of paths) if (path !== '' && existsSync(path)) cpSync(path, join(root, path));
  symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'));
  for (const file of pendingChangesets(root)) rmSync(join(root, file));
  for (const [name, text] of Object.entries(CHANGESETS)) writeFileSync(join(root, `.changeset/${name}.md`), text);
  run('git', 'init', '--quiet', '--initial-branch=main');
  run('git', 'add', '.');
  run('git', '-c', 'user.name=test', '-c', 'user.email=test@example.com', 'commit', '--quiet', '--message=all');
  run(process.execPath, 'scripts/release/main.ts', 'version');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const versions = (parts: ReturnType<typeof readParts>): Readonly<Record<string, string>> =>
  Object.fromEntries([...parts.images, ...parts.charts, ...parts.packages].map(({ name, version }) => [name, version]));

describe('the version step of a release', () => {
  it('raises the version of changed parts and of everything that contains them', () => {
    const [old, now] = [versions(before), versions(readParts(root))];
    const changed = Object.keys(now).filter((name) => now[name] !== old[name]);
    const modules = ['connector-irc', 'echo-module', 'help', 'router'];
    const charts = ['bot', 'crds', 'eevee', 'operator'];
    const packages = ['@eeveebot/cli', '@eeveebot/create-module', '@eeveebot/libeevee'];
    expect(changed.toSorted()).toEqual([...packages, 'backup', ...modules, ...charts].toSorted());
    expect(packages.map((name) => now[name])).toEqual(Array<unknown>(3).fill(now['@eeveebot/libeevee']));
    expect(now['backup']).toBe(readParts(root).images.find(({ name }) => name === 'operator')?.version);
  });

  it('updates the versions in charts, examples and documents', () => {
    for (const [path, text] of versionFiles(root)) expect(read(path), path).toBe(text);
    const operator = readParts(root).images.find(({ name }) => name === 'operator')!;
    expect((parse(read('charts/eevee/Chart.yaml')) as { appVersion: string }).appVersion).toBe(operator.version);
    expect(read('apps/operator/src/config.ts')).toContain(`ghcr.io/eeveebot/backup:${operator.version}`);
  });

  it('produces a lock file that npm can install from', () => {
    const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { version?: string }> };
    for (const { folder: place, version } of [...readParts(root).images, ...readParts(root).packages]) {
      expect(lock.packages[place]?.version, place).toBe(version);
    }
  });

  it('writes the changes into changelogs, and removes the changesets', () => {
    expect(read('packages/libeevee/CHANGELOG.md')).toContain('Modules can whisper.');
    expect(read('apps/operator/CHANGELOG.md')).toContain('The operator counts.');
    expect(pendingChangesets(root)).toEqual([]);
  });

  it('creates a commit whose tag is accepted, with notes about all changes', () => {
    const tag = `v${readParts(root).images.find(({ name }) => name === 'operator')?.version}`;
    expect(run(process.execPath, 'scripts/release/main.ts', 'check', tag)).toContain(`${tag} is the release of this commit`);
    run(process.execPath, 'scripts/release/main.ts', 'notes', 'notes.md');
    expect(read('notes.md')).toMatch(/## operator \d.*The operator counts\..*## @eeveebot\/libeevee \d.*Modules can whisper\./s);
  });
});

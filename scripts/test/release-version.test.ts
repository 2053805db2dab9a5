import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { pendingChangesets } from '../release/check.ts';
import { readParts } from '../release/parts.ts';
import { versionFiles } from '../release/versions/version-files.ts';
import { CopiedRepository } from './copied-repository.ts';

const before = readParts('.');
let repository: CopiedRepository;
const read = (path: string): string => repository.read(path);

/** A change of the runtime that its users see, and one of the operator. */
const CHANGESETS = {
  runtime: "---\n'@eeveebot/libeevee': minor\n---\n\nModules can whisper.\n",
  operator: "---\n'@eeveebot/operator': minor\n---\n\nThe operator counts.\n",
};

beforeAll(() => {
  repository = new CopiedRepository();
  for (const file of pendingChangesets(repository.root)) repository.remove(file);
  for (const [name, text] of Object.entries(CHANGESETS)) repository.write(`.changeset/${name}.md`, text);
  repository.commit();
  repository.run(process.execPath, 'scripts/release/main.ts', 'version');
});
afterAll(() => repository?.[Symbol.dispose]());

const versions = (parts: ReturnType<typeof readParts>): Readonly<Record<string, string>> =>
  Object.fromEntries([...parts.images, ...parts.charts, ...parts.packages].map(({ name, version }) => [name, version]));

describe('the version step of a release', () => {
  it('raises the version of changed parts and of everything that contains them', () => {
    const [old, now] = [versions(before), versions(readParts(repository.root))];
    const changed = Object.keys(now).filter((name) => now[name] !== old[name]);
    const modules = ['connector-irc', 'echo-module', 'help', 'router'];
    const charts = ['bot', 'crds', 'eevee', 'operator'];
    const packages = ['@eeveebot/cli', '@eeveebot/create-module', '@eeveebot/libeevee'];
    expect(changed.toSorted()).toEqual([...packages, 'backup', ...modules, ...charts].toSorted());
    expect(packages.map((name) => now[name])).toEqual(Array<unknown>(3).fill(now['@eeveebot/libeevee']));
    expect(now['backup']).toBe(readParts(repository.root).images.find(({ name }) => name === 'operator')?.version);
  });

  it('updates the versions in charts, examples and documents', () => {
    for (const [path, text] of versionFiles(repository.root)) expect(read(path), path).toBe(text);
    const operator = readParts(repository.root).images.find(({ name }) => name === 'operator')!;
    expect((parse(read('charts/eevee/Chart.yaml')) as { appVersion: string }).appVersion).toBe(operator.version);
    expect(read('apps/operator/src/config.ts')).toContain(`ghcr.io/eeveebot/backup:${operator.version}`);
  });

  it('produces a lock file that npm can install from', () => {
    const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { version?: string }> };
    for (const { folder: place, version } of [...readParts(repository.root).images, ...readParts(repository.root).packages]) {
      expect(lock.packages[place]?.version, place).toBe(version);
    }
  });

  it('writes the changes into changelogs, and removes the changesets', () => {
    expect(read('packages/libeevee/CHANGELOG.md')).toContain('Modules can whisper.');
    expect(read('apps/operator/CHANGELOG.md')).toContain('The operator counts.');
    expect(pendingChangesets(repository.root)).toEqual([]);
  });

  it('creates a commit whose tag is accepted, with notes about all changes', () => {
    const tag = `v${readParts(repository.root).images.find(({ name }) => name === 'operator')?.version}`;
    expect(repository.run(process.execPath, 'scripts/release/main.ts', 'check', tag)).toContain(`${tag} is the release of this commit`);
    repository.run(process.execPath, 'scripts/release/main.ts', 'notes', 'notes.md');
    expect(read('notes.md')).toMatch(/## operator \d.*The operator counts\..*## @eeveebot\/libeevee \d.*Modules can whisper\./s);
  });
});

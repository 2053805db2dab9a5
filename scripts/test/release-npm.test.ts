import { execFile } from 'node:child_process';
import { cpSync, existsSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type NpmRegistry, PackedPackages, ServerFolder, startNpmRegistry } from '@eeveebot/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readParts } from '../release/parts.ts';

const run = promisify(execFile);
const RELEASE = join(process.cwd(), 'scripts/release/main.ts');

/** A module and its test, of an author who has only the published package. */
const SHOUT = `
import { defineModule } from '@eeveebot/libeevee';
import { startTestBot } from '@eeveebot/libeevee/testing';

const shout = defineModule({
  name: 'shout',
  version: '1.0.0',
  commands: [{
    commandUUID: 'a1f4f4a6-54a5-4a37-a3b0-3f8f5f8f6f01',
    commandDisplayName: 'shout',
    regex: '^shout\\\\s+',
    run: ({ text, reply }) => reply(text.toUpperCase()),
  }],
});
const bot = await startTestBot(shout);
process.stdout.write(JSON.stringify(await bot.say('!shout hello')));
await bot.stop();
`;

let packed: PackedPackages;
let registry: NpmRegistry;
const outside = new ServerFolder('outside');

beforeAll(async () => {
  [packed, registry] = await Promise.all([PackedPackages.build(), startNpmRegistry()]);
  // Changesets looks for the root of a repository by its lock file.
  for (const path of ['.changeset', 'package-lock.json']) cpSync(path, join(packed.folder, path), { recursive: true });
  await publishDependencies('packages/libeevee');
});
afterAll(async () => {
  packed[Symbol.dispose]();
  await registry[Symbol.asyncDispose]();
  outside.remove();
});

const npm = (...args: readonly string[]): Promise<{ stdout: string }> =>
  run('npm', args, { cwd: outside.path, env: { ...process.env, ...registry.environment } });

const release = (): Promise<{ stdout: string }> =>
  run(process.execPath, [RELEASE, 'npm'], { cwd: packed.folder, env: { ...process.env, ...registry.environment, CI: 'true' } });

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Publishes the dependencies of a package from this repository's `node_modules`: the registry uses no other one. */
async function publishDependencies(workspace: string): Promise<void> {
  const tarball = join(outside.path, 'dependency.tgz');
  for (const folder of dependencyFolders(workspace)) {
    // Some versions of `npm pack` run a package's own `prepare`, which needs its development tools.
    await run('tar', ['-czf', tarball, '--exclude', './node_modules', '--transform', 's,^\\.,package,', '-C', folder, '.']);
    await registry.publish(manifestIn(folder), tarball);
  }
}

const manifestIn = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

/** Folders of the packages that one depends on, directly or not. */
function dependencyFolders(folder: string, found = new Set<string>()): ReadonlySet<string> {
  const { dependencies, optionalDependencies } = manifestIn(folder);
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const each = installed(name, realpathSync(folder));
    if (each === undefined || found.has(each)) continue;
    found.add(each);
    dependencyFolders(each, found);
  }
  return found;
}

/** As Node.js looks for it; undefined for an optional one of another platform. */
function installed(name: string, from: string): string | undefined {
  const folder = join(from, 'node_modules', name);
  if (existsSync(folder)) return folder;
  return dirname(from) === from ? undefined : installed(name, dirname(from));
}

describe('the release of packages', () => {
  it('refuses to publish a package that has not been built', async () => {
    const built = join(packed.folder, 'packages/contract/dist');
    const kept = join(packed.folder, 'kept');
    renameSync(built, kept);
    await expect(release()).rejects.toThrow(
      /packages\/contract\/dist\/index\.js would be missing in the published packages: run `npm run build` first/,
    );
    renameSync(kept, built);
  });

  it('publishes every package with its version and its license', async () => {
    await release();
    for (const { name, version, folder } of readParts(packed.folder).packages) {
      expect((await npm('view', name, 'version')).stdout.trim()).toBe(version);
      await npm('pack', name, '--pack-destination', outside.path);
      const { stdout } = await run('tar', ['-tzf', join(outside.path, `${name.slice(1).replace('/', '-')}-${version}.tgz`)]);
      expect(stdout.split('\n'), folder).toEqual(expect.arrayContaining(['package/package.json', 'package/LICENSE', 'package/README.md']));
    }
  });

  it('does nothing when all versions are published', async () => {
    expect((await release()).stdout).not.toContain('Successfully published');
  });

  it('creates a module with the published program', async () => {
    const { stdout } = await npm('create', '--yes', '@eeveebot/module', 'my-bot');
    expect(stdout).toContain('cd my-bot');
    const manifest = manifestIn(join(outside.path, 'my-bot'));
    expect(manifest.dependencies).toEqual({ '@eeveebot/libeevee': manifestIn('packages/libeevee').version });
  });

  it('installs the runtime without other packages, and a module starts with it', async () => {
    writeFileSync(join(outside.path, 'package.json'), JSON.stringify({ name: 'outside', private: true, type: 'module' }));
    await npm('install', '--no-audit', '--no-fund', '@eeveebot/libeevee');
    writeFileSync(join(outside.path, 'shout.js'), SHOUT);
    const { stdout } = await run(process.execPath, ['shout.js'], { cwd: outside.path });
    expect(JSON.parse(stdout)).toEqual(['HELLO']);
  });
});

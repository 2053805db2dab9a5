import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CliError } from '../cli-error.ts';
import { moduleEntry, nodeFlags } from './module-entry.ts';

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'eevee-entry-')));
});

afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, content: string | object = ''): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
}

describe('the entry point of a module', () => {
  it('is src/main.ts, as in a new module', () => {
    write('package.json', { name: 'my-bot' });
    write('src/main.ts');
    write('index.js');
    expect(moduleEntry(folder)).toEqual({ name: 'my-bot', folder, file: join(folder, 'src/main.ts') });
  });

  it('is "main" of package.json', () => {
    write('package.json', { name: 'my-bot', main: 'lib/bot.js' });
    write('lib/bot.js');
    write('src/main.ts');
    expect(moduleEntry(folder).file).toBe(join(folder, 'lib/bot.js'));
  });

  it.each(['.', 'src/main.ts'])("is refused with the fix in a workspace with Yarn Plug'n'Play (%s)", (path) => {
    write('.pnp.cjs');
    write('modules/my-bot/package.json', { name: 'my-bot' });
    write('modules/my-bot/src/main.ts');
    const find = (): unknown => moduleEntry(join(folder, 'modules/my-bot', path));
    expect(find).toThrow(CliError);
    expect(find).toThrow(`${folder} uses Yarn Plug'n'Play, which modules do not support: run "yarn config set nodeLinker node-modules"`);
    write('node_modules/.yarn-state.yml');
    expect(find).not.toThrow();
  });

  it('can be given, in a package', () => {
    write('package.json', { name: 'my-bot' });
    write('src/other.ts');
    expect(moduleEntry(join(folder, 'src/other.ts'))).toEqual({ name: 'my-bot', folder, file: join(folder, 'src/other.ts') });
  });

  it.each([
    ['a folder without a module', {}, 'there is no module in .*none of src/main.ts, .* exists'],
    ['a folder that does not exist', { path: 'missing' }, 'missing does not exist: pass the folder of a module'],
    [
      'a main that is not built',
      { manifest: { main: 'dist/x.mjs' } },
      '"main" in .*package.json is dist/x.mjs, which does not exist: build',
    ],
    [
      'a file other than a program',
      { path: 'package.json', manifest: {} },
      'package.json is not JavaScript or TypeScript: pass the folder',
    ],
    ['a package.json that is not JSON', { manifest: '{' }, 'package.json is not valid JSON'],
  ])('is refused with the fix: %s', (_what, { path = '.', manifest }: { path?: string; manifest?: string | object }, message) => {
    if (manifest !== undefined) write('package.json', manifest);
    const find = (): unknown => moduleEntry(join(folder, path));
    expect(find).toThrow(CliError);
    expect(find).toThrow(new RegExp(message));
  });
});

describe('the flags of Node.js', () => {
  const own = ['--conditions=@eeveebot/source', '--inspect'];

  it('include the sources of this repository for a module in it', () => {
    expect(nodeFlags({ folder: import.meta.dirname }, own)).toContain('--conditions=@eeveebot/source');
    expect(nodeFlags({ folder: import.meta.dirname }, own)).not.toContain('--inspect');
  });

  it('leave an installed libeevee as it is published', () => {
    write('node_modules/@eeveebot/libeevee/package.json', {});
    expect(nodeFlags({ folder }, own)).toEqual(['--enable-source-maps']);
  });
});

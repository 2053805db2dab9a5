import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { licensesFile } from './licenses.ts';
import { type BundledPackage, bundledPackages, usedInputs } from './packages.ts';
import { sbom } from './sbom.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'eevee-bundled-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Installs a package with further files. */
function install(path: string, manifest: object, files: Readonly<Record<string, string>> = {}): void {
  for (const [file, text] of Object.entries({ 'package.json': JSON.stringify(manifest), ...files })) {
    const target = join(folder, 'node_modules', path, file);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
}

describe('usedInputs', () => {
  it('omits files without code in the bundle', () => {
    const outputs = {
      'a.mjs': { inputs: { 'src/a.ts': { bytesInOutput: 10 }, 'src/unused.ts': { bytesInOutput: 0 } } },
      'a.mjs.map': { inputs: {} },
    };
    expect(usedInputs([{ outputs }, { outputs: { 'b.mjs': { inputs: { 'src/b.ts': { bytesInOutput: 1 } } } } }])).toEqual([
      'src/a.ts',
      'src/b.ts',
    ]);
  });
});

describe('bundledPackages', () => {
  it('finds packages by the files of a bundle: scoped ones, and those nested in others', () => {
    install('a', { name: 'a', version: '1.0.0', license: 'MIT' }, { LICENSE: 'license of a\n', 'license.js': 'code' });
    install(
      'a/node_modules/@s/b',
      { name: '@s/b', version: '2.0.0', license: 'ISC' },
      { 'LICENSE.md': 'license of b', 'NOTICE.txt': 'notice of b' },
    );
    const inputs = [
      'src/main.ts',
      'node_modules/a/lib/index.js',
      'node_modules/a/lib/more.js',
      'node_modules/a/node_modules/@s/b/index.js',
      '(disabled):fs',
    ];
    expect(bundledPackages(inputs, folder)).toEqual([
      {
        ...{ name: '@s/b', version: '2.0.0', license: 'ISC' },
        texts: [
          { file: 'LICENSE.md', text: 'license of b' },
          { file: 'NOTICE.txt', text: 'notice of b' },
        ],
      },
      { name: 'a', version: '1.0.0', license: 'MIT', texts: [{ file: 'LICENSE', text: 'license of a' }] },
    ]);
  });

  it.each([
    [{ license: { type: 'MIT' } }, 'MIT'],
    [{ licenses: [{ type: 'MIT' }, { type: 'Apache-2.0' }] }, 'MIT OR Apache-2.0'],
  ])('reads the former form %j', (fields, license) => {
    install('a', { name: 'a', version: '1.0.0', ...fields }, { LICENSE: 'text' });
    expect(bundledPackages(['node_modules/a/index.js'], folder)).toMatchObject([{ license }]);
  });

  it('refuses a package without a license, and one without its text', () => {
    install('a', { name: 'a', version: '1.0.0' }, { LICENSE: 'text' });
    install('b', { name: 'b', version: '1.0.0', license: 'MIT' });
    expect(() => bundledPackages(['node_modules/a/index.js'], folder)).toThrow(
      'a 1.0.0 is bundled and its package.json has no license: use another',
    );
    expect(() => bundledPackages(['node_modules/b/index.js'], folder)).toThrow(
      'b 1.0.0 is bundled and contains no text of its license (MIT): name',
    );
  });

  it('uses the text of a package of the same repository if both have the same license', () => {
    const name = '@aws-sdk/nested-clients';
    install('@aws-sdk/client-s3', { name: '@aws-sdk/client-s3', version: '3.0.0', license: 'Apache-2.0' }, { LICENSE: 'Apache text' });
    install(name, { name, version: '3.0.0', license: 'Apache-2.0' });
    expect(bundledPackages([`node_modules/${name}/index.js`], folder)).toMatchObject([{ texts: [{ text: 'Apache text' }] }]);
    install(name, { name, version: '4.0.0', license: 'MIT' });
    expect(() => bundledPackages([`node_modules/${name}/index.js`], folder)).toThrow('contains no text of its license (MIT)');
  });
});

const texts = [{ file: 'LICENSE', text: 'free' }];
const PACKAGES: readonly BundledPackage[] = [
  { name: '@s/b', version: '2.0.0', license: '(MIT OR ISC)', texts },
  { name: 'a', version: '1.0.0', license: 'MIT', texts },
];

describe('licensesFile', () => {
  it('writes a text once for all packages that have it, and adds license comments from the code', () => {
    const file = licensesFile('app', PACKAGES, 'a comment\n');
    expect(file).toContain('@s/b 2.0.0 ((MIT OR ISC))\na 1.0.0 (MIT)\n\n--- LICENSE\n\nfree\n');
    expect(file.match(/free/g)).toHaveLength(1);
    expect(file).toContain('Notices in comments of the code\n\na comment\n');
    expect(licensesFile('app', PACKAGES, '')).not.toContain('comments of the code');
  });
});

describe('sbom', () => {
  it('is the same for the same packages, and different for others', () => {
    const app = { name: '@eeveebot/router', version: '3.0.0', license: 'CC-BY-NC-SA-4.0' };
    const document = sbom(app, PACKAGES);
    expect(sbom(app, PACKAGES)).toBe(document);
    const parsed = JSON.parse(document) as { serialNumber: string; components: readonly object[] };
    expect(parsed.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(parsed.components).toMatchObject([
      { name: '@s/b', purl: 'pkg:npm/%40s/b@2.0.0', licenses: [{ expression: '(MIT OR ISC)' }] },
      { name: 'a', purl: 'pkg:npm/a@1.0.0', licenses: [{ license: { id: 'MIT' } }] },
    ]);
    expect((JSON.parse(sbom(app, PACKAGES.slice(1))) as typeof parsed).serialNumber).not.toBe(parsed.serialNumber);
  });
});

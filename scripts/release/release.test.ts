import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { tagProblems } from './check.ts';
import { baseOf, buildArguments, imageLabels } from './image-build.ts';
import { releaseNotes } from './notes.ts';
import { type Parts, readParts } from './parts.ts';
import { withVersions } from './versions/spelled.ts';
import { versionFiles } from './versions/version-files.ts';

const read = (path: string): string => readFileSync(path, 'utf8');
const parts = readParts('.');

const ROUTER = { name: 'router', folder: 'apps/router', version: '3.1.0', description: 'Routes' };
const PARTS: Parts = {
  images: [{ name: 'operator', folder: 'apps/operator', version: '3.2.0', description: 'Operates' }, ROUTER],
  charts: [{ name: 'eevee', folder: 'charts/eevee', version: '4.3.0', appVersion: '3.2.0', kubeVersion: '>=1.29.0-0' }],
  packages: [{ name: '@eeveebot/libeevee', folder: 'packages/libeevee', version: '5.1.0', node: '>=22' }],
};
const DIGEST = `sha256:${'a'.repeat(64)}`;
const ORIGIN = { revision: 'b'.repeat(40), created: new Date('2026-11-29T12:00:00Z'), base: { name: 'node:26', digest: DIGEST } };

describe('the parts of a release', () => {
  it('are all apps that have a Dockerfile, all charts and all public packages', () => {
    expect(parts.images.map(({ name }) => name).toSorted()).toEqual([
      'backup',
      'connector-irc',
      'echo-module',
      'help',
      'operator',
      'router',
    ]);
    expect(parts.charts.map(({ name }) => name)).toEqual(['bot', 'crds', 'eevee', 'operator']);
    expect(parts.packages.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['@eeveebot/contract', '@eeveebot/create-module', '@eeveebot/libeevee']),
    );
  });

  it('have the versions that charts, examples and documents name: else run npm run generate', () => {
    for (const [path, text] of versionFiles('.')) expect(read(path), path).toBe(text);
  });

  it('have names that changesets use, with the charts as one package', () => {
    const { dependencies } = JSON.parse(read('charts/package.json')) as { dependencies: Record<string, string> };
    const values = read('charts/bot/values.yaml') + read('charts/operator/values.yaml');
    const installed = parts.images.filter(({ name }) => values.includes(`repository: ghcr.io/eeveebot/${name}\n`));
    const packages = installed.map(({ folder }) => (JSON.parse(read(`${folder}/package.json`)) as { name: string }).name);
    expect(Object.keys(dependencies)).toEqual(expect.arrayContaining(packages));
  });
});

describe('withVersions', () => {
  it.each([
    [
      'docs/a.md',
      'image ghcr.io/eeveebot/router:3.0.0, ghcr.io/other/router:3.0.0',
      'image ghcr.io/eeveebot/router:3.1.0, ghcr.io/other/router:3.0.0',
    ],
    ['docs/a.md', 'ghcr.io/eeveebot/unknown:1.0.0', 'ghcr.io/eeveebot/unknown:1.0.0'],
    [
      'charts/bot/values.yaml',
      'repository: ghcr.io/eeveebot/router\n    tag: 3.0.0\n',
      'repository: ghcr.io/eeveebot/router\n    tag: 3.1.0\n',
    ],
    [
      'charts/eevee/Chart.yaml',
      'version: 4.0.0\nappVersion: 3.0.0\ndependencies:\n  - name: eevee\n    version: 4.0.0\n  - name: other\n    version: 1.0.0\n',
      'version: 4.3.0\nappVersion: 3.2.0\ndependencies:\n  - name: eevee\n    version: 4.3.0\n  - name: other\n    version: 1.0.0\n',
    ],
  ])('updates the versions in %s: %j', (path, text, expected) => {
    expect(withVersions({ path, text }, PARTS, '4.3.0')).toBe(expected);
  });
});

describe('the check of a tag', () => {
  it('accepts the version of the operator when no changeset is pending', () => {
    expect(tagProblems('v3.2.0', PARTS, [])).toEqual([]);
  });

  it('names each problem with its fix', () => {
    expect(tagProblems('v3.1.0', PARTS, ['.changeset/a.md'])).toEqual([
      expect.stringContaining('version 3.2.0: tag this commit as v3.2.0'),
      expect.stringContaining('.changeset/a.md: not part of a version yet; run `npm run release -- version`'),
    ]);
  });
});

describe('the build of an image', () => {
  const args = buildArguments({ part: ROUTER, origin: ORIGIN, push: true, metadataFile: '/m.json' });
  const valuesOf = (name: string): readonly string[] => args.filter((_, index) => args[index - 1] === name);

  it('is for both architectures, on the base image that the labels name, with bill of materials and provenance', () => {
    expect(valuesOf('--platform')).toEqual(['linux/amd64,linux/arm64']);
    expect(valuesOf('--tag')).toEqual(['ghcr.io/eeveebot/router:3.1.0']);
    expect(valuesOf('--build-context')).toEqual([`node:26=docker-image://docker.io/library/node:26@${DIGEST}`]);
    expect(valuesOf('--label')).toEqual(Object.entries(imageLabels(ROUTER, ORIGIN)).map(([key, value]) => `${key}=${value}`));
    expect(imageLabels(ROUTER, ORIGIN)).toMatchObject({
      'org.opencontainers.image.version': '3.1.0',
      'org.opencontainers.image.created': '2026-11-29T12:00:00.000Z',
      'org.opencontainers.image.base.digest': DIGEST,
    });
    expect(args).toEqual(expect.arrayContaining(['--sbom=true', '--provenance=mode=max']));
    expect(valuesOf('--output')[0]).toContain('push=true');
  });

  it('pushes nothing unless told to', () => {
    const dry = buildArguments({ part: ROUTER, origin: ORIGIN, push: false, metadataFile: '/m.json' });
    expect(dry.join(' ')).not.toContain('push=true');
  });

  it('reads the base image of a Dockerfile, pinned or not', () => {
    expect(baseOf('# comment\nFROM node:26\n')).toEqual({ name: 'node:26', digest: undefined });
    expect(baseOf(`FROM node:26@${DIGEST}\n`)).toEqual({ name: 'node:26', digest: DIGEST });
    expect(() => baseOf('COPY a b')).toThrow('has no line such as "FROM');
  });
});

describe('the Dockerfiles', () => {
  it.each(parts.images)('$folder is built on the Node.js of this repository and contains its licenses', ({ folder, name }) => {
    const dockerfile = read(`${folder}/Dockerfile`);
    expect(baseOf(dockerfile).name).toBe(`node:${read('.node-version').trim()}-bookworm-slim`);
    expect(dockerfile).toContain(`COPY LICENSE ${folder}/dist/${name}.licenses.txt ${folder}/dist/${name}.cdx.json /licenses/`);
  });

  it.each(parts.images)('$folder: its user can read the program, whatever the umask of the user who built it', ({ folder }) => {
    const programs = read(`${folder}/Dockerfile`).match(/^COPY .*(?:\.[cm]js|\.sh) .*$/gm) ?? [];
    expect(programs).not.toEqual([]);
    for (const copied of programs) expect(copied).toMatch(/^COPY --chmod=755 /);
  });
});

describe('the notes of a release', () => {
  it('contain the changes of its version, without those that only result from other parts', () => {
    const text = `# x\n\n## 3.2.0\n\n### Minor Changes\n\n- abc: Counts.\n\n### Patch Changes\n\n- Updated dependencies [abc]\n  - @eeveebot/contract@0.2.0\n\n## 3.1.0\n\n- Old.\n`;
    const notes = releaseNotes(PARTS, [
      { name: 'operator', version: '3.2.0', text },
      { name: 'router', version: '3.1.0', text: '# y\n\n## 3.1.0\n\n### Patch Changes\n\n- Updated dependencies [abc]\n' },
    ]);
    expect(notes).toContain('helm install eevee oci://ghcr.io/eeveebot/charts/eevee --version 4.3.0');
    expect(notes).toMatch(/## operator 3\.2\.0\n\n### Minor Changes\n\n- abc: Counts\.\n$/);
  });
});

interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly strategy?: { readonly matrix: Readonly<Record<string, readonly string[]>> } }>>;
}

describe('the workflows', () => {
  const files = globSync('.github/workflows/*.yml');

  it('build the image of every app', () => {
    const { jobs } = parse(read('.github/workflows/images.yml')) as Workflow;
    expect(jobs['image']?.strategy?.matrix['image']?.toSorted()).toEqual(parts.images.map(({ name }) => name).toSorted());
  });

  it('pin every action to a commit, the same one everywhere', () => {
    const uses = files.flatMap((file) =>
      [...read(file).matchAll(/uses: (?!\.\/)(\S+?)@(\S+)(.*)/g)].map(([, action, ref, comment]) => ({ action, ref, comment })),
    );
    expect(uses.filter(({ ref, comment }) => !/^[0-9a-f]{40}$/.test(ref ?? '') || !/^ # v\d+\.\d+\.\d+$/.test(comment ?? ''))).toEqual([]);
    const pins = new Set(uses.map(({ action, ref }) => `${action}@${ref}`));
    expect(pins.size).toBe(new Set(uses.map(({ action }) => action)).size);
  });
});

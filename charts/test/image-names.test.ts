import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type ApplicationName, applicationImageName } from '@eeveebot/testing';
import { DEFAULT_BACKUP_IMAGE } from '../../apps/operator/src/config.ts';
import { ROOT } from '../generate/sources.ts';

const NAMES: readonly ApplicationName[] = ['operator', 'echo-module'];
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Files from which a user may copy a name. */
const FILES = ['README.md', ...filesUnder('examples'), ...filesUnder('charts')].filter((path) => /\.(md|ya?ml)$/.test(path));

describe('image names', () => {
  it.each(NAMES)('are those of the built images: %s', (name) => {
    const built = applicationImageName(name);
    const repository = built.slice(0, built.lastIndexOf(':'));
    const mention = new RegExp(`[\\w./-]*/${name}:\\d[\\w.-]*`, 'g');
    const found = FILES.flatMap((path) => (read(path).match(mention) ?? []).map((image) => ({ path, image })));
    expect(found.filter(({ image }) => image !== built)).toEqual([]);
    if (name === 'operator') expect(operatorRepositories()).toEqual([repository, repository]);
    else expect(found.map(({ path }) => path)).toEqual(expect.arrayContaining(['examples/bot.yaml', 'examples/values/demo.yaml']));
  });

  it('use the backup tool of the same release by default', () => {
    expect(DEFAULT_BACKUP_IMAGE).toBe(`ghcr.io/eeveebot/backup:${versionOf('backup')}`);
    expect(versionOf('backup')).toBe(versionOf('operator'));
  });
});

const versionOf = (app: string): string => (JSON.parse(read(`apps/${app}/package.json`)) as { version: string }).version;

/** Default images of the charts: the operator, and the update of the definitions. */
function operatorRepositories(): readonly string[] {
  const operator = parse(read('charts/operator/values.yaml')) as { operator: { operator: { image: { repository: string } } } };
  const crds = parse(read('charts/crds/values.yaml')) as { update: { image: { repository: string } } };
  return [operator.operator.operator.image.repository, crds.update.image.repository];
}

/** Paths from the root; not the copies that `helm dependency update` packs. */
function filesUnder(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length))
    .filter((path) => !path.startsWith('charts/eevee/charts/') && !path.startsWith('charts/test/'));
}

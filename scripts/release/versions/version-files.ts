import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readParts } from '../parts.ts';
import { type SourceText, withVersions } from './spelled.ts';
import { type TestedWith, versionsPage } from './table.ts';

/** Texts that may name a released part. Changelogs and decision records are about the past. */
const TEXTS = '{*,{apps,charts,docs,examples,packages}/**/*}.{md,yaml,yml,ts}';
const LEFT_OUT = new Set(['node_modules', 'dist', 'decisions', 'CHANGELOG.md']);

/**
 * Files that contain versions, with the contents that they must have, by path relative to the root; those that already have it, too.
 *
 * @param root folder of the repository.
 */
export function versionFiles(root: string): ReadonlyMap<string, string> {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  const parts = readParts(root);
  const { version } = JSON.parse(read('charts/package.json')) as { version: string };
  const paths = globSync(TEXTS, { cwd: root, exclude: (name) => LEFT_OUT.has(name) });
  const texts = paths.map((path): SourceText => ({ path, text: read(path) }));
  const spelled = texts.map((source) => [source.path, withVersions(source, parts, version)] as const);
  const charts = parts.charts.map((chart) => ({
    ...chart,
    version,
    appVersion: parts.images.find(({ name }) => name === 'operator')?.version ?? '',
  }));
  return new Map([...spelled, ['docs/versions.md', versionsPage({ ...parts, charts }, testedWith(read))]]);
}

function testedWith(read: (path: string) => string): TestedWith {
  const modules = read('packages/testing/cluster/go.mod');
  const moduleVersion = (module: string): string => new RegExp(String.raw`^\s*${module} v(\S+)`, 'm').exec(modules)?.[1] ?? 'unknown';
  return {
    node: read('.node-version').trim(),
    kubernetes: moduleVersion('k8s.io/kubernetes'),
    helm: ['helm.sh/helm/v3', 'helm.sh/helm/v4'].map(moduleVersion),
    nats: /DEFAULT_NATS_IMAGE = '(.+)'/.exec(read('apps/operator/src/config.ts'))?.[1] ?? 'unknown',
  };
}

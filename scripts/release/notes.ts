import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Parts, releaseVersion } from './parts.ts';
import { CHART_REGISTRY, IMAGE_REGISTRY, SOURCE_URL } from './registries.ts';

/** A part with its changelog. */
export interface Changelog {
  readonly name: string;
  readonly version: string;
  readonly text: string;
}

/** Text of a release: how to install it, and the changes of each part whose changelog has its version. */
export function releaseNotes(parts: Parts, changelogs: readonly Changelog[]): string {
  const tag = `v${releaseVersion(parts)}`;
  const chart = parts.charts.find(({ name }) => name === 'eevee');
  const changes = changelogs.flatMap(({ name, version, text }) => {
    const section = sectionOf(text, version);
    return section === '' ? [] : [`## ${name} ${version}\n\n${section}`];
  });
  const install = `\`\`\`sh
helm install eevee oci://${CHART_REGISTRY}/eevee --version ${chart?.version} --namespace eevee-bot --create-namespace
\`\`\``;
  const versions = `Versions of all parts: [docs/versions.md](${SOURCE_URL}/blob/${tag}/docs/versions.md). How to verify images (\`${IMAGE_REGISTRY}\`), charts and
packages: [docs/releasing.md](${SOURCE_URL}/blob/${tag}/docs/releasing.md#verify-a-release). Without Helm: \`eevee.yaml\` below.`;
  return `${[install, versions, ...changes].join('\n\n')}\n`;
}

/** Changes of a version in a changelog of changesets, without those that only result from changes of other parts. */
function sectionOf(changelog: string, version: string): string {
  const [, text = ''] = changelog.split(`\n## ${version}\n`);
  const [section = ''] = text.split('\n## ');
  const entries = section.split(/\n(?=- |### )/).filter((entry) => !/^- (?:Updated dependencies|@eeveebot\/)/.test(entry));
  // A heading without an entry.
  return entries
    .filter((entry, index) => !entry.startsWith('### ') || entries[index + 1]?.startsWith('- ') === true)
    .join('\n')
    .trim();
}

/** Changelogs of the released parts of a repository. */
export function readChangelogs(root: string, { images, charts, packages }: Parts): readonly Changelog[] {
  // The charts are one package, and have one version.
  const ofCharts = { name: 'charts', folder: 'charts', version: charts[0]?.version ?? '' };
  return [...images, ofCharts, ...packages].flatMap(({ name, folder, version }) => {
    const file = join(root, folder, 'CHANGELOG.md');
    return existsSync(file) ? [{ name, version, text: readFileSync(file, 'utf8') }] : [];
  });
}

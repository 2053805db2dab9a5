import { type Parts, releaseVersion } from '../parts.ts';

/** A text of the repository. */
export interface SourceText {
  /** Relative to the root. */
  readonly path: string;
  readonly text: string;
}

/**
 * A text in which every version of a released part is the one of its package.json: names of images anywhere, tags of images in values
 * of charts, and the versions in `Chart.yaml` files.
 *
 * @param chartsVersion of the package that all charts belong to.
 */
export function withVersions({ path, text }: SourceText, parts: Parts, chartsVersion: string): string {
  const named = withTags(withImageNames(text, parts), parts);
  const chart = parts.charts.find(({ folder }) => path === `${folder}/Chart.yaml`);
  return chart === undefined ? named : withChartVersions(named, parts, chartsVersion);
}

/** `ghcr.io/eeveebot/router:3.0.0` */
function withImageNames(text: string, { images }: Parts): string {
  return text.replaceAll(/(ghcr\.io\/eeveebot\/([\w-]+)):\d+\.\d+\.\d+/g, (found, name: string, image: string) => {
    const part = images.find((each) => each.name === image);
    return part === undefined ? found : `${name}:${part.version}`;
  });
}

/** `repository: ghcr.io/eeveebot/router`, and `tag: 3.0.0` in the next line. */
function withTags(text: string, { images }: Parts): string {
  return text.replaceAll(/(repository: ghcr\.io\/eeveebot\/([\w-]+)\n\s*tag: )\d+\.\d+\.\d+$/gm, (found, start: string, image: string) => {
    const part = images.find((each) => each.name === image);
    return part === undefined ? found : start + part.version;
  });
}

/** Replaces the versions of the chart itself, of the charts that it depends on, and of the operator that it installs. */
function withChartVersions(text: string, parts: Parts, chartsVersion: string): string {
  const names = parts.charts.map(({ name }) => name).join('|');
  return text
    .replace(/^version: .+$/m, `version: ${chartsVersion}`)
    .replace(/^appVersion: .+$/m, `appVersion: ${releaseVersion(parts)}`)
    .replaceAll(new RegExp(String.raw`(- name: (?:${names})\n\s+version: ).+$`, 'gm'), (_found, start: string) => start + chartsVersion);
}

import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { parse } from 'yaml';

/** An application that is released as a container image. */
export interface ImagePart {
  /** Name of the image, which is that of its bundle: `help` for `apps/help-module`. */
  readonly name: string;
  /** Relative to the root. */
  readonly folder: string;
  readonly version: string;
  readonly description: string;
}

/** A Helm chart. */
export interface ChartPart {
  readonly name: string;
  readonly folder: string;
  readonly version: string;
  /** Version of the operator that it installs. */
  readonly appVersion: string;
  /** Versions of Kubernetes that it supports. */
  readonly kubeVersion: string;
}

/** A package that is published to npm. */
export interface PackagePart {
  readonly name: string;
  readonly folder: string;
  readonly version: string;
  /** Versions of Node.js that it supports. */
  readonly node: string;
}

/** Everything that is released, each list sorted by folder. */
export interface Parts {
  readonly images: readonly ImagePart[];
  readonly charts: readonly ChartPart[];
  readonly packages: readonly PackagePart[];
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly private?: boolean;
  readonly engines?: { readonly node?: string };
  readonly scripts?: { readonly build?: string };
}

/**
 * The released parts of a repository: the apps that have a Dockerfile, the charts, and the packages that are not private.
 *
 * @param root folder of the repository.
 */
export function readParts(root: string): Parts {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  const manifest = (folder: string): Manifest => JSON.parse(read(join(folder, 'package.json'))) as Manifest;
  const folders = (pattern: string): readonly string[] => globSync(pattern, { cwd: root }).map(dirname).toSorted();
  return {
    images: folders('apps/*/Dockerfile').map((folder) => imagePart(folder, manifest(folder))),
    charts: folders('charts/*/Chart.yaml').map((folder) => {
      const chart = parse(read(join(folder, 'Chart.yaml'))) as Omit<ChartPart, 'folder'>;
      const { name, version, appVersion, kubeVersion } = chart;
      return { name, folder, version, appVersion, kubeVersion };
    }),
    packages: folders('packages/*/package.json').flatMap((folder) => {
      const { name, version, private: isPrivate, engines } = manifest(folder);
      return isPrivate === true ? [] : [{ name, folder, version, node: engines?.node ?? '' }];
    }),
  };
}

function imagePart(folder: string, { version, description, scripts }: Manifest): ImagePart {
  const bundle = scripts?.build?.split(' ').at(-1) ?? '';
  const name = basename(bundle, extname(bundle));
  if (name === '')
    throw new Error(`${folder}/package.json has no script "build" that ends with the file of the bundle, such as dist/router.mjs`);
  return { name, folder, version, description };
}

/** Version of the operator, which is the name of the whole release. @throws Error when there is no operator. */
export function releaseVersion({ images }: Parts): string {
  const operator = images.find(({ name }) => name === 'operator');
  if (operator === undefined) throw new Error('apps/operator has no Dockerfile: a release is named after the version of the operator');
  return operator.version;
}

/** The oldest version of Kubernetes that all charts support. @throws Error when a chart says something else than `>=X.Y.Z-0`. */
export function oldestKubernetes({ charts }: Parts): string {
  const versions = new Set(charts.map(({ kubeVersion }) => /^>=(\d+\.\d+\.\d+)-0$/.exec(kubeVersion)?.[1]));
  const [version] = versions;
  if (version === undefined || versions.size > 1)
    throw new Error('kubeVersion of charts/*/Chart.yaml: give all charts the same, such as ">=1.29.0-0"');
  return version;
}

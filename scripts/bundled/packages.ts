import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TEXT_FROM, UNDECLARED } from './exceptions.ts';

/** A third-party package with code in a bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression, as the package declares it. */
  readonly license: string;
  /** License and notice files of the package, sorted by name; never empty. */
  readonly texts: readonly { readonly file: string; readonly text: string }[];
}

/** A bundled package must not be distributed, because it names no license or does not contain its text. */
export class LicenseMissingError extends Error {
  override readonly name = 'LicenseMissingError';
}

/** The relevant part of a package.json. `licenses` is the form from before 2013. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string | { readonly type?: string };
  readonly licenses?: readonly { readonly type?: string }[];
}

const NODE_MODULES = '/node_modules/';

/** `LICENSE`, `LICENSE-MIT.txt`, `COPYING`, `NOTICE.md`, but not `license.js`. */
const LICENSE_FILE = /^(?:licen[cs]e|copying|notice|unlicense)(?:[-.][\w.-]+)?$/i;
const CODE = /\.(?:[cm]?[jt]s|json|map)$/i;

/** The part of esbuild's metafile that is read: of each file that it wrote, the source files and how much of each is in it. */
export interface BundleMetafile {
  readonly outputs: Readonly<Record<string, { readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>>;
}

/** Source files with code in a bundle. esbuild also lists inputs of which nothing was used. */
export function usedInputs(metafiles: readonly BundleMetafile[]): readonly string[] {
  const inputs = metafiles.flatMap(({ outputs }) => Object.values(outputs).flatMap((output) => Object.entries(output.inputs)));
  return inputs.flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []));
}

/**
 * Packages of others that a bundle contains, sorted by name and version.
 *
 * @param inputs files that the bundle was made of, as esbuild's metafile names them.
 * @param folder folder that relative paths refer to.
 * @throws {LicenseMissingError} when a package has no license, or no text of it.
 */
export function bundledPackages(inputs: readonly string[], folder: string): readonly BundledPackage[] {
  const folders = new Set(inputs.flatMap((input) => packageFolder(resolve(folder, input)) ?? []));
  return [...folders]
    .map((each) => readPackage(realpathSync(each)))
    .toSorted((a, b) => compare(a.name, b.name) || compare(a.version, b.version));
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** Folder of the package that a file belongs to; undefined for files of this repository and for modules that esbuild makes itself. */
function packageFolder(file: string): string | undefined {
  const start = file.lastIndexOf(NODE_MODULES);
  if (start === -1) return undefined;
  const below = file.slice(start + NODE_MODULES.length).split('/');
  return file.slice(0, start + NODE_MODULES.length) + below.slice(0, below[0]?.startsWith('@') === true ? 2 : 1).join('/');
}

function readPackage(folder: string): BundledPackage {
  const { name, version, license } = readManifest(folder);
  if (license === undefined) {
    throw new LicenseMissingError(
      `${name} ${version} is bundled and its package.json has no license: use another package, or name the license of its text in scripts/bundled/exceptions.ts`,
    );
  }
  const own = licenseTexts(folder);
  const texts = own.length > 0 ? own : textsFromSibling(folder, name, license);
  if (texts.length === 0) {
    throw new LicenseMissingError(
      `${name} ${version} is bundled and contains no text of its license (${license}): name a package of the same repository that has it in scripts/bundled/exceptions.ts`,
    );
  }
  return { name, version, license, texts };
}

function readManifest(folder: string): { readonly name: string; readonly version: string; readonly license: string | undefined } {
  const { name, version, license, licenses } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  const declared = typeof license === 'string' ? license : (license?.type ?? licenses?.map(({ type }) => type).join(' OR '));
  return { name, version, license: declared ?? UNDECLARED[name] };
}

function licenseTexts(folder: string): BundledPackage['texts'] {
  const files = readdirSync(folder).filter((file) => LICENSE_FILE.test(file) && !CODE.test(file));
  return files.toSorted().map((file) => ({ file, text: readFileSync(join(folder, file), 'utf8').trim() }));
}

function textsFromSibling(folder: string, name: string, license: string): BundledPackage['texts'] {
  const sibling = TEXT_FROM[name];
  if (sibling === undefined) return [];
  const modules = folder.slice(0, folder.lastIndexOf(NODE_MODULES) + NODE_MODULES.length);
  const siblingFolder = join(modules, sibling);
  return existsSync(siblingFolder) && readManifest(siblingFolder).license === license ? licenseTexts(siblingFolder) : [];
}

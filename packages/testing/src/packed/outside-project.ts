import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServerFolder } from '../processes/folder.ts';
import type { PackedPackages, PublishedPackage } from './packed-packages.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** Folder of a package below the root of this repository, and its destination below the project. */
interface Place {
  readonly from: string;
  readonly to: string;
}

/** A package lacks one of its declared dependencies. */
export class DependencyMissingError extends Error {
  override readonly name = 'DependencyMissingError';
}

/**
 * A user's project outside this repository. It contains the packages from their tarballs, their declared dependencies with the
 * dependencies of these, and nothing else, so an undeclared import fails as it does for users of the package. No registry is
 * used: dependencies are copied from this repository.
 *
 * @example
 * using project = await OutsideProject.make(packed, { packages: ['contract', 'libeevee'], tools: ['@types/node'] });
 */
export class OutsideProject implements Disposable {
  readonly #folder = new ServerFolder('outside');

  get folder(): string {
    return this.#folder.path;
  }

  /** @param tools Packages from npm that the project itself depends on. */
  static async make(
    packed: PackedPackages,
    { packages, tools = [] }: { readonly packages: readonly PublishedPackage[]; readonly tools?: readonly string[] },
  ): Promise<OutsideProject> {
    const project = new OutsideProject();
    try {
      writeFileSync(join(project.folder, 'package.json'), JSON.stringify({ name: 'outside', private: true, type: 'module' }));
      for (const name of packages) await packed.install(name, project.folder);
      for (const name of packages) project.#copyDependencies({ from: `packages/${name}`, to: `node_modules/@eeveebot/${name}` });
      for (const name of tools) project.#copy(name, { from: '.', to: '.' });
      return project;
    } catch (error) {
      project[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#folder.remove();
  }

  /** Copies the dependencies of a package in the project, which for the repository's own packages are those of the tarball. */
  #copyDependencies(place: Place): void {
    const { dependencies, peerDependencies, peerDependenciesMeta } = manifestIn(join(this.folder, place.to));
    for (const [name, version] of Object.entries({ ...peerDependencies, ...dependencies })) {
      if (peerDependenciesMeta?.[name]?.optional === true) continue;
      if (name.startsWith('@eeveebot/')) this.#requireOurs(name, version);
      else this.#copy(name, place);
    }
  }

  /** The tarballs belong to one release: each requires the exact version of the others. */
  #requireOurs(name: string, version: string): void {
    const folder = join(this.folder, 'node_modules', name);
    const present = existsSync(folder) ? manifestIn(folder).version : 'not installed';
    if (present !== version) throw new DependencyMissingError(`${name} ${version} is asked for, and it is ${present}`);
  }

  /** Copies a package, and what it depends on, to the place where npm has put it here. */
  #copy(name: string, asker: Place): void {
    const place = placeOf(name, asker);
    const target = join(this.folder, place.to);
    if (existsSync(target)) return;
    mkdirSync(dirname(target), { recursive: true });
    const source = join(ROOT, place.from);
    cpSync(source, target, { recursive: true, filter: (path) => path !== join(source, 'node_modules') });
    this.#copyDependencies(place);
  }
}

/** As Node.js looks for it: in the asking package's own `node_modules`, then in those above. */
function placeOf(name: string, { from, to }: Place): Place {
  const own = { from: join(from, 'node_modules', name), to: join(to, 'node_modules', name) };
  if (existsSync(join(ROOT, own.from, 'package.json'))) return own;
  if (from === '.') throw new DependencyMissingError(`${name} is not in node_modules`);
  return placeOf(name, { from: above(from), to: above(to) });
}

/** `node_modules/a/node_modules/@b/c` is in `node_modules/a`, and that in the project itself. */
function above(path: string): string {
  return path.includes('/node_modules/') ? path.slice(0, path.lastIndexOf('/node_modules/')) : '.';
}

function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

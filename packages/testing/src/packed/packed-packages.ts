import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { builtPackages } from './built-packages.ts';

const run = promisify(execFile);

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** A package that is published, by the name of its folder. */
export type PublishedPackage = 'contract' | 'libeevee' | 'create-module' | 'cli';

/**
 * The packages as npm would publish them, built and packed in a copy of the part of this repository that makes them. The copy is inside the
 * repository, so their dependencies are found in its `node_modules` without a registry. They are built once for each state of the sources;
 * each test file gets its own copy.
 */
export class PackedPackages implements Disposable {
  /** Code below it finds packages of third parties, and none of this repository's sources. */
  readonly folder: string;
  readonly #tarballs = new Map<PublishedPackage, Promise<string>>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async build(): Promise<PackedPackages> {
    mkdirSync(join(ROOT, '.test-results'), { recursive: true });
    const packed = new PackedPackages(mkdtempSync(join(ROOT, '.test-results', 'packed-')));
    try {
      cpSync(await builtPackages(), packed.folder, { recursive: true, verbatimSymlinks: true });
      return packed;
    } catch (error) {
      packed[Symbol.dispose]();
      throw error;
    }
  }

  /** Path of the file that `npm publish` would upload. */
  tarball(name: PublishedPackage): Promise<string> {
    const tarball = this.#tarballs.get(name) ?? this.#pack(name);
    this.#tarballs.set(name, tarball);
    return tarball;
  }

  /** Unpacks a package where `require` and `import` from `into` find it. */
  async install(name: PublishedPackage, into: string): Promise<string> {
    const target = join(into, 'node_modules/@eeveebot', name);
    mkdirSync(target, { recursive: true });
    await run('tar', ['-xzf', await this.tarball(name), '--strip-components=1', '-C', target]);
    return target;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #pack(name: PublishedPackage): Promise<string> {
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', this.folder], {
      cwd: join(this.folder, 'packages', name),
    });
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    return join(this.folder, filename);
  }
}

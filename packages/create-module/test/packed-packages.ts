import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** What is published, in the order in which it is built, and what the template is taken from. */
const PACKAGES = ['packages/contract', 'packages/libeevee', 'packages/create-module'];
const ECHO = 'apps/echo-module';

/**
 * The packages as npm would publish them, built and packed in a copy of this repository's part that makes
 * them. The copy is inside the repository: what they depend on is found in its `node_modules`, and no registry
 * is asked.
 */
export class PackedPackages implements Disposable {
  /** Anything below it finds third parties' packages, and none of this repository's sources. */
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async build(): Promise<PackedPackages> {
    mkdirSync(join(ROOT, '.test-results'), { recursive: true });
    const packed = new PackedPackages(mkdtempSync(join(ROOT, '.test-results', 'create-module-')));
    try {
      await packed.#build();
      return packed;
    } catch (error) {
      packed[Symbol.dispose]();
      throw error;
    }
  }

  /** Unpacks a package where `require` and `import` from `into` find it. */
  async install(name: 'contract' | 'libeevee' | 'create-module', into: string): Promise<string> {
    const target = join(into, 'node_modules/@eeveebot', name);
    mkdirSync(target, { recursive: true });
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', this.folder], {
      cwd: join(this.folder, 'packages', name),
    });
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    await run('tar', ['-xzf', join(this.folder, filename), '--strip-components=1', '-C', target]);
    return target;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #build(): Promise<void> {
    for (const file of ['tsconfig.base.json', 'package.json', ...PACKAGES, ECHO]) {
      const excluded = (path: string): boolean => /\/(node_modules|dist|test|\.turbo)$/.test(path);
      cpSync(join(ROOT, file), join(this.folder, file), { recursive: true, filter: (path) => !excluded(path) });
    }
    for (const [index, path] of [...PACKAGES, ECHO].entries()) {
      const link = join(this.folder, 'node_modules/@eeveebot', path.split('/')[1] ?? '');
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(this.folder, path), link);
      if (index < PACKAGES.length) await run('npm', ['run', 'build'], { cwd: join(this.folder, path) });
    }
  }
}

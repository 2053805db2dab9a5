import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BUNDLER = fileURLToPath(new URL('../../../../scripts/bundle.mjs', import.meta.url));

/** Variable with the folder of the bundles that a run of vitest has built. */
export const BUNDLES_OF_RUN = 'BUNDLES_OF_RUN';

/**
 * Bundles an app as in its image. In a run of vitest, each bundle is built once and copied from then on: dozens of test files start
 * bundles, and the sources are the same for all of them.
 *
 * @param app folder of the app.
 * @param file path of the bundle; the files that belong to it are written beside it.
 * @example
 * buildBundle('apps/router', join(folder, 'router.cjs'));
 */
export function buildBundle(app: string, file: string): void {
  const build = (path: string) => execFileSync(process.execPath, [BUNDLER, 'src/main.ts', path], { cwd: app, stdio: 'pipe' });
  const ofRun = process.env[BUNDLES_OF_RUN];
  if (ofRun === undefined) {
    build(file);
    return;
  }
  const built = join(ofRun, `${basename(app)} ${basename(file)}`);
  if (!existsSync(built)) {
    const folder = mkdtempSync(join(ofRun, 'new-'));
    build(join(folder, basename(file)));
    keep(folder, built);
  }
  cpSync(built, dirname(file), { recursive: true });
}

/** Renames a folder, unless another process has made the same one in the meantime. */
function keep(folder: string, name: string): void {
  try {
    renameSync(folder, name);
  } catch (error) {
    if (!existsSync(name)) throw error;
  }
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PackagePart } from './parts.ts';
import { runProgram } from './program.ts';

/** `{"types": "./dist/index.d.ts", …}`, nested by condition and by entry point, or a path. */
type Exports = string | { readonly [key: string]: Exports };

/**
 * Publishes the packages whose versions npm does not have yet. In a workflow that may request an identity token, npm also publishes the
 * provenance: a signed statement about the commit and the workflow that built the package.
 *
 * @throws Error when a package has not been built.
 */
export async function publishPackages(packages: readonly PackagePart[], root: string): Promise<void> {
  const missing = packages.flatMap(({ folder }) => missingFiles(join(root, folder)).map((file) => join(folder, file)));
  if (missing.length > 0) throw new Error(`${missing.join(', ')} would be missing in the published packages: run \`npm run build\` first`);
  const canIdentify = process.env['ACTIONS_ID_TOKEN_REQUEST_URL'] !== undefined;
  await runProgram('changeset', ['publish', '--no-git-tag'], {
    cwd: root,
    env: canIdentify ? { NPM_CONFIG_PROVENANCE: 'true' } : {},
  });
}

/** Files that a package lists in `exports` and `bin` but does not contain. */
function missingFiles(folder: string): readonly string[] {
  const { exports = {}, bin = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { exports?: Exports; bin?: Exports };
  return [...paths(exports), ...paths(bin)].filter((file) => !existsSync(join(folder, file)));
}

function paths(exports: Exports): readonly string[] {
  return typeof exports === 'string' ? [exports] : Object.values(exports).flatMap(paths);
}

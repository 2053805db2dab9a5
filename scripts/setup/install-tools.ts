import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { findTool, NPM_REGISTRY, type PinnedTool, toolFolder, ZIZMOR } from '../../packages/testing/setup/pinned-tools.ts';
import { installOnce, npmCi, runInstaller } from './install-once.ts';

/** Makes sure that there is an npm registry to try releases on. @throws {SetupError} when npm cannot install it. */
export function ensureNpmRegistry(): Promise<void> {
  const what = 'an npm registry for tests of releases';
  return ensure(NPM_REGISTRY, what, async (whole) => {
    for (const name of NPM_REGISTRY.files) copyFileSync(join(NPM_REGISTRY.pins, name), join(whole, name));
    await npmCi(what, whole, ['--no-bin-links']);
  });
}

/** Makes sure that zizmor is there. @throws {SetupError} when pip cannot install it. */
export function ensureZizmor(): Promise<void> {
  const what = 'zizmor, which checks workflows';
  return ensure(ZIZMOR, what, (whole) => {
    const pip = ['pip3', 'install', '--quiet', '--require-hashes', '--only-binary=:all:', '--no-deps', '--target', whole];
    return runInstaller(what, [...pip, '--requirement', 'requirements.txt'], ZIZMOR.pins);
  });
}

function ensure(tool: PinnedTool, what: string, fill: (whole: string) => Promise<void>): Promise<void> {
  return installOnce({ what, target: toolFolder(tool), isThere: () => findTool(tool) !== undefined, fill });
}

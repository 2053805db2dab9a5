// Bundles the programs with all their imports, and the parts of a bot that they start as separate processes, so that the package has no
// dependencies. dist/licenses.txt contains the licenses of the bundled packages.
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { licensesFile } from '../../../scripts/bundled/licenses.ts';
import { bundledPackages, usedInputs } from '../../../scripts/bundled/packages.ts';

/** Bundled CommonJS calls `require` for built-ins of Node.js, which an ES module does not have. */
const REQUIRE = "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);";

const options = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  conditions: ['@eeveebot/source'],
  banner: { js: REQUIRE },
  outdir: 'dist',
  legalComments: 'external',
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: 'warning',
} satisfies BuildOptions;

/** Entry point of an app of this repository. */
const entryOf = (manifest: string): string => fileURLToPath(new URL('src/main.ts', manifest));

rmSync('dist', { recursive: true, force: true });
const { metafile } = await build({
  ...options,
  metafile: true,
  entryPoints: {
    eevee: 'src/bin/eevee.ts',
    'kubectl-eevee': 'src/bin/kubectl-eevee.ts',
    'child/runner': 'src/child/runner.ts',
    // `src/bot/parts.ts` looks for them here.
    'parts/router': entryOf(import.meta.resolve('@eeveebot/router/package.json')),
    'parts/help': entryOf(import.meta.resolve('@eeveebot/help-module/package.json')),
    'parts/echo': entryOf(import.meta.resolve('@eeveebot/echo-module/package.json')),
  },
  splitting: true,
  // Beside the programs, so that a path relative to a chunk is one relative to them.
  chunkNames: 'shared-[hash]',
});

const legalComments = globSync('dist/**/*.LEGAL.txt').toSorted();
const packages = bundledPackages(usedInputs([metafile]), process.cwd());
writeFileSync(
  'dist/licenses.txt',
  licensesFile('@eeveebot/cli', packages, legalComments.map((file) => readFileSync(file, 'utf8')).join('\n')),
);

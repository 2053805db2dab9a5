// Bundles an app into one ES module file: `node bundle.mjs ENTRY OUTFILE`, run in the app's folder. What runs in a thread of its
// own, `*.worker.ts` in the folder of the entry or below, becomes a file beside it.
import { globSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';

const [entry, outfile] = process.argv.slice(2);
if (entry === undefined || outfile === undefined) {
  console.error('usage: node bundle.mjs ENTRY OUTFILE');
  process.exit(64);
}

// Packages of classes and functions only that do not say so in their package.json: what is not used of them stays out.
const SIDE_EFFECT_FREE = ['@kubernetes/client-node'];

/** @type {import('esbuild').Plugin} */
const leaveUnusedOut = {
  name: 'leave-unused-out',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /.*/ }, async ({ path, pluginData, ...rest }) => {
      const named = SIDE_EFFECT_FREE.includes(path) || SIDE_EFFECT_FREE.some((name) => rest.importer.includes(`/node_modules/${name}/`));
      if (!named || pluginData === leaveUnusedOut) return undefined;
      const result = await resolve(path, { ...rest, pluginData: leaveUnusedOut });
      return result.errors.length > 0 ? result : { ...result, sideEffects: false };
    });
  },
};

/** @type {import('esbuild').BuildOptions} */
const options = {
  bundle: true,
  platform: 'node',
  target: 'node26',
  format: 'esm',
  conditions: ['@eeveebot/source'],
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'external',
  // Node holds the source text in memory. Names stay, for stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: 'warning',
  plugins: [leaveUnusedOut],
  // Bundled CommonJS calls `require` for Node's built-ins; an ES module has none of its own.
  banner: { js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);" },
};

const workers = globSync(join(dirname(entry), '**/*.worker.ts'));
await Promise.all([
  build({ ...options, entryPoints: [entry], outfile }),
  ...workers.map((worker) =>
    build({ ...options, entryPoints: [worker], outfile: join(dirname(outfile), basename(worker).replace(/ts$/, 'mjs')) }),
  ),
]);

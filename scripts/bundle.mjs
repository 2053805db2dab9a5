// Bundles an app into one ES module file: `node bundle.mjs ENTRY OUTFILE`, run in the app's folder.
import { build } from 'esbuild';

const [entry, outfile] = process.argv.slice(2);
if (entry === undefined || outfile === undefined) {
  console.error('usage: node bundle.mjs ENTRY OUTFILE');
  process.exit(64);
}

await build({
  entryPoints: [entry],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node26',
  format: 'esm',
  conditions: ['@eeveebot/source'],
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'external',
  logLevel: 'warning',
  // Bundled CommonJS calls `require` for Node's built-ins; an ES module has none of its own.
  banner: { js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);" },
});

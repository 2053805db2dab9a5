// Bundles an app into one file: `node bundle.mjs ENTRY OUTFILE`, run in the app's folder. The result is an ES module, or a CommonJS module
// when OUTFILE ends with .cjs: Node holds the source text of CommonJS in half the memory, and loads fewer of its own modules for it. Code
// of worker threads, `*.worker.ts` in the folder of the entry or below, becomes a file beside the bundle. The licenses of the packages in
// the bundle (`NAME.licenses.txt`) and a bill of materials (`NAME.cdx.json`) are written beside it.
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { licensesFile } from './bundled/licenses.ts';
import { bundledPackages, usedInputs } from './bundled/packages.ts';
import { sbom } from './bundled/sbom.ts';

const [entry, outfile] = process.argv.slice(2);
if (entry === undefined || outfile === undefined) {
  console.error('usage: node bundle.mjs ENTRY OUTFILE');
  process.exit(64);
}

// Packages that only define classes and functions but do not declare that in their package.json: unused code of them is left out.
const SIDE_EFFECT_FREE = ['@kubernetes/client-node'];

/** @type {import('esbuild').Plugin} */
const leaveUnusedOut = {
  name: 'leave-unused-out',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /.*/ }, async ({ path, pluginData, ...rest }) => {
      const named = SIDE_EFFECT_FREE.includes(path) || SIDE_EFFECT_FREE.some((name) => rest.importer.includes(`/node_modules/${name}/`));
      if (!named || pluginData === leaveUnusedOut) return undefined;
      // For each call of resolve, esbuild reads folders and settings again: thousands of imports took 14 s of processor time.
      const beside = join(dirname(rest.importer), path);
      if (path.startsWith('.') && statSync(beside, { throwIfNoEntry: false })?.isFile()) return { path: beside, sideEffects: false };
      const result = await resolve(path, { ...rest, pluginData: leaveUnusedOut });
      return result.errors.length > 0 ? result : { ...result, sideEffects: false };
    });
  },
};

// Entry points that load far more than an app uses, and their replacements with only the exports in use. A bundle that imports another
// export from one of these packages cannot be built.
const PARTS = {
  undici: [
    `export { default as Agent } from 'undici/lib/dispatcher/agent.js';`,
    `export { default as ProxyAgent } from 'undici/lib/dispatcher/proxy-agent.js';`,
    `export const fetch = (...given) => globalThis.fetch(...given);`,
  ],
};

/** @type {import('esbuild').Plugin} */
const partsInUse = {
  name: 'parts-in-use',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(${Object.keys(PARTS).join('|')})$`) }, ({ path, resolveDir }) => ({
      path,
      namespace: 'parts-in-use',
      pluginData: resolveDir,
    }));
    onLoad({ filter: /.*/, namespace: 'parts-in-use' }, ({ path, pluginData }) => ({
      contents: PARTS[/** @type {keyof PARTS} */ (path)].join('\n'),
      resolveDir: pluginData,
    }));
    // Express looks up media types in a database that takes 0.7 MiB; these programs send no files, only responses of their HTTP API.
    onResolve({ filter: /^mime-db$/ }, () => ({ path: fileURLToPath(new URL('bundled/media-types.json', import.meta.url)) }));
    // The parsers of request bodies decode them with tables of all character sets, which are built into Node.
    onResolve({ filter: /^iconv-lite$/ }, ({ importer }) =>
      /\/node_modules\/(raw-body|body-parser)\//.test(importer)
        ? { path: fileURLToPath(new URL('bundled/character-sets.ts', import.meta.url)) }
        : undefined,
    );
  },
};

/** Leaves undici's experimental HTTP parser out of the bundle; Node's own copy of undici lacks it, too. */
const DEFINED = { esbuildDetection: 'true' };

/** Bundled CommonJS calls `require` for Node's built-ins; an ES module has none of its own. */
const ES_MODULE = /** @type {const} */ ({
  format: 'esm',
  define: DEFINED,
  banner: { js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);" },
});
const COMMON_JS = /** @type {const} */ ({
  format: 'cjs',
  define: { ...DEFINED, 'import.meta.url': '__fileUrl' },
  banner: { js: "const __fileUrl = require('node:url').pathToFileURL(__filename).href;" },
});

/** @type {import('esbuild').BuildOptions} */
const options = {
  bundle: true,
  platform: 'node',
  target: 'node26',
  ...(extname(outfile) === '.cjs' ? COMMON_JS : ES_MODULE),
  conditions: ['@eeveebot/source'],
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'external',
  // Minified, because Node holds the source text in memory. Names are kept for stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: 'warning',
  plugins: [leaveUnusedOut, partsInUse],
};

const targets = [
  { entry, file: outfile },
  ...globSync(join(dirname(entry), '**/*.worker.ts')).map((worker) => ({
    entry: worker,
    file: join(dirname(outfile), basename(worker, '.ts') + extname(outfile)),
  })),
];
const builds = await Promise.all(
  targets.map((target) => build({ ...options, metafile: true, entryPoints: [target.entry], outfile: target.file })),
);

const packages = bundledPackages(usedInputs(builds.map(({ metafile }) => metafile)), process.cwd());
const legalComments = targets.map(({ file }) => `${file}.LEGAL.txt`).filter((file) => existsSync(file));
const app = JSON.parse(readFileSync('package.json', 'utf8'));
const beside = join(dirname(outfile), basename(outfile, extname(outfile)));
writeFileSync(
  `${beside}.licenses.txt`,
  licensesFile(app.name, packages, legalComments.map((file) => readFileSync(file, 'utf8')).join('\n')),
);
writeFileSync(`${beside}.cdx.json`, sbom(app, packages));

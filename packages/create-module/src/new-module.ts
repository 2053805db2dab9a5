/** Template of a new module: the files of the echo module, and the values that its package.json and tsconfig.json refer to. */
export interface Template {
  /** Contents by path below the module's folder. */
  readonly files: Readonly<Record<string, string>>;
  /** The echo module's package.json. */
  readonly manifest: { readonly description: string };
  /** Versions of Node.js that run the console, which runs the module's scripts. */
  readonly engines: { readonly node: string };
  /** Versions of the packages that it runs with, and of those that build and test it. */
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  /** The Node.js of the image, for npm's scripts where the machine's own is too old. */
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly compilerOptions: Readonly<Record<string, unknown>>;
}

/** Differences between a new module and the echo module. */
export interface NewModule {
  readonly name: string;
  /** The UUID of its command. */
  readonly commandUUID: string;
  /** Version of the Node.js that runs npm, e.g. `24.4.1`. */
  readonly nodeVersion: string;
}

const VERSION = '0.1.0';

const ECHO_UUID = '9e5c1e0c-c6ad-4ae1-a368-7a28cd539dc9';

/** Fields that concern only this repository. */
const NOT_IN_NEW_MODULES = /^[^\n]*<not-in-new-modules>[^]*?<\/not-in-new-modules>[^\n]*\n/gm;

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

/** All names of the echo module, the longest first. */
const ECHO = new RegExp(
  String.raw`ghcr\.io/eeveebot/echo-module:[\d.]+| -w apps/echo-module|apps/echo-module/|${ECHO_UUID}|echo-module|\becho\b`,
  'g',
);

/** A text of the echo module with the names of the new module. Replaced in one pass, because the new name may contain the old one. */
function renamed(text: string, { name, commandUUID }: NewModule): string {
  return text.replaceAll(NOT_IN_NEW_MODULES, '').replaceAll(ECHO, (found) => {
    if (found.startsWith('ghcr.io')) return `${name}:${VERSION}`;
    if (found === ECHO_UUID) return commandUUID;
    return found.includes('apps/') ? '' : name;
  });
}

/** Node's built-ins are called with `require` by CommonJS packages in a bundle; an ES module has none of its own. */
const BANNER = "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/** Whether a version of Node.js runs the scripts of a module. @param range `>=` with the oldest version that does. */
function runsScripts(nodeVersion: string, range: string): boolean {
  const [[major = 0, minor = 0], [oldestMajor = 0, oldestMinor = 0]] = [numbersIn(nodeVersion), numbersIn(range)];
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

const numbersIn = (version: string): readonly number[] => (version.match(/\d+/g) ?? []).map(Number);

const manifest = (module: NewModule, template: Template): unknown => ({
  name: module.name,
  version: VERSION,
  private: true,
  description: renamed(template.manifest.description, module),
  type: 'module',
  scripts: {
    build: `tsc && esbuild src/main.ts --bundle --platform=node --target=node22 --format=esm --sourcemap --outfile=dist/${module.name}.mjs "--banner:js=${BANNER}"`,
    start: `node dist/${module.name}.mjs`,
    dev: 'eevee dev',
    test: 'tsc && vitest run',
  },
  dependencies: template.dependencies,
  devDependencies: template.devDependencies,
  // A second Node.js takes 200 MB, so it is installed only where the scripts could not run otherwise.
  ...(runsScripts(module.nodeVersion, template.engines.node) ? {} : { optionalDependencies: template.optionalDependencies }),
  engines: template.engines,
});

/**
 * The files of a new module, by path: those of the echo module under the new name and with a new UUID for its command, so that it is
 * complete and runs without this repository.
 *
 * @example
 * newModule(template, { name: 'my-bot', commandUUID: randomUUID() })['src/my-bot.ts'];
 */
export function newModule(template: Template, module: NewModule): Record<string, string> {
  const renamedFiles = Object.entries(template.files).map(([path, content]) => [renamed(path, module), renamed(content, module)]);
  return {
    ...(Object.fromEntries(renamedFiles) as Record<string, string>),
    'package.json': json(manifest(module, template)),
    'tsconfig.json': json({ compilerOptions: template.compilerOptions, include: ['src'] }),
    '.gitignore': 'node_modules/\ndist/\n.env\n',
    '.dockerignore': '# The image only needs the bundle.\n*\n!dist/*.mjs\n',
  };
}

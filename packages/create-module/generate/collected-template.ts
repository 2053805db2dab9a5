import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Template } from '../src/new-module.ts';

/** Files of the echo module that every module gets; the others test the echo module as a part of this repository. */
const FILES = ['src/echo.ts', 'src/echo.test.ts', 'src/main.ts', 'Dockerfile', 'README.md', 'bot-module.yaml'];

/** Packages that build and test a module. */
const TOOLS: ReadonlySet<string> = new Set(['@types/node', 'esbuild', 'typescript', 'vitest']);

interface Manifest {
  readonly description: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

/** Options that are about this repository. */
const OWN_OPTIONS: ReadonlySet<string> = new Set(['customConditions', 'rewriteRelativeImportExtensions']);

/** The template as the echo module is now. */
export function collectedTemplate(): Template {
  const echo = fileURLToPath(new URL('.', import.meta.resolve('@eeveebot/echo-module/package.json')));
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const text = (path: string): string => readFileSync(path, 'utf8');
  const { description, dependencies } = JSON.parse(text(`${echo}package.json`)) as Manifest;
  const cli = JSON.parse(text(fileURLToPath(import.meta.resolve('@eeveebot/cli/package.json')))) as {
    readonly name: string;
    readonly version: string;
    readonly engines: Template['engines'];
  };
  const { devDependencies, optionalDependencies } = JSON.parse(text(`${root}package.json`)) as Manifest;
  const { compilerOptions } = JSON.parse(text(`${root}tsconfig.base.json`)) as { compilerOptions: Record<string, unknown> };
  return {
    files: Object.fromEntries(FILES.map((path) => [path, text(echo + path)])),
    manifest: { description },
    engines: cli.engines,
    dependencies,
    devDependencies: {
      [cli.name]: cli.version,
      ...Object.fromEntries(Object.entries(devDependencies).filter(([name]) => TOOLS.has(name))),
    },
    optionalDependencies,
    compilerOptions: Object.fromEntries(Object.entries(compilerOptions).filter(([name]) => !OWN_OPTIONS.has(name))),
  };
}

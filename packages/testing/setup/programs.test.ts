import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ESSENTIAL_PROGRAMS, PROGRAM_PACKAGES, programsOf, type StepName } from './programs.ts';
import { spawnedPrograms } from './spawned-programs.ts';

/** POSIX guarantees the path of the shell; Node.js and the tools of node_modules are on the PATH of every step. */
const isEverywhere = (name: string) => ['/bin/sh', 'node'].includes(name) || existsSync(`node_modules/.bin/${name}`);

/** Set-up, which runs before any step with the user's PATH, and installs what the steps lack. */
const SET_UP = /^(scripts\/(setup|commands|run\.mjs)|packages\/testing\/setup)/;

/** Which steps run a source file; a program that it starts must be declared for each of them. */
const STEPS_OF: readonly (readonly [RegExp, readonly StepName[]])[] = [
  [/^bench\//, ['bench']],
  [/^scripts\/demo\//, ['demo']],
  [/^scripts\/pristine\//, ['pristine']],
  [/^charts\//, ['charts']],
  [/\.e2e\.test\.ts$|^packages\/testing\/src\/(node|images)\/|rgw-server/, ['e2e']],
  [/^(packages|apps)\/[^/]+\/src\/.*\.test\.ts$/, ['units']],
  [/\/test\/|^packages\/testing\//, ['integration', 'e2e']],
];

const SOURCES = globSync('{bench,scripts,charts,examples,packages,apps}/**/*.{ts,mjs}', {
  exclude: (name) => ['node_modules', 'dist'].includes(name),
}).filter((file) => !SET_UP.test(file));

describe('the table of programs', () => {
  it('declares every program that tests, benches and the demo start', () => {
    const undeclared = SOURCES.flatMap((file) => {
      const steps = STEPS_OF.find(([pattern]) => pattern.test(file))?.[1] ?? [];
      return spawnedPrograms(readFileSync(file, 'utf8'))
        .filter(({ name }) => !isEverywhere(name))
        .flatMap(({ name, line }) =>
          steps.filter((step) => !programsOf(step).includes(name)).map((step) => `${file}:${line}: ${name} is not declared for ${step}`),
        );
    });
    expect(undeclared).toEqual([]);
  });

  it('names each package, and each program of a step, once', () => {
    expect(PROGRAM_PACKAGES.map((each) => each.package).toSorted()).toEqual([
      ...new Set(PROGRAM_PACKAGES.map((each) => each.package).toSorted()),
    ]);
    const names = [...ESSENTIAL_PROGRAMS, ...PROGRAM_PACKAGES.flatMap(({ programs }) => programs)];
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});

describe('spawnedPrograms', () => {
  it.each([
    ["execFileSync('bsdtar', ['-x']);", ['bsdtar']],
    ["const child = spawn(\n  'go',\n  args,\n);", ['go']],
    ["execSync('tar -xzf a | cat');", ['tar']],
    ["const run = promisify(execFile);\nawait run('npm', []);", ['npm']],
    ["const run = (command: string, ...args: string[]): string => execFileSync(command, args);\nrun('zstd', '-d');", ['zstd']],
    ["ServerProcess.start({ command: 'unshare' });", ['unshare']],
    ["spawnSync('/usr/bin/time', []);", ['/usr/bin/time']],
    ["steps.run('back it up'); spawn(process.execPath, []); pattern.exec('x');", []],
  ])('finds the program that %j starts', (source, names) => {
    expect(spawnedPrograms(source).map(({ name }) => name)).toEqual(names);
  });

  it('reports the line', () => {
    expect(spawnedPrograms("\n\nspawn('cat');")).toEqual([{ name: 'cat', line: 3 }]);
  });
});

import { readFileSync } from 'node:fs';
import { type Command, captureProgram, runProgram } from './command.ts';

/** Raises every dependency of every workspace to its newest version, installs, and prints the changes. */
export const updateLibraries: Command = async (args) => {
  const before = lockedVersions();
  // `.ncurc.json` lists packages that must not be upgraded individually.
  const raised = await captureProgram('of the user', 'npm-check-updates', [
    '--upgrade',
    '--root',
    '--workspaces',
    '--packageManager',
    'npm',
    ...args,
  ]);
  if (raised.code !== 0) {
    console.error(raised.output);
    return raised.code;
  }
  const installed = await runProgram('of the user', 'npm', ['install']);
  if (installed !== 0) return installed;
  const changes = changesBetween(before, lockedVersions());
  console.log(changes.length === 0 ? '\nall dependencies are at their newest versions' : `\n${changes.join('\n')}\n\nnow: npm test`);
  return 0;
};

type Versions = ReadonlyMap<string, string>;

/** Versions of the packages at the top level of the lock file, which contain all direct dependencies. */
function lockedVersions(): Versions {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { version?: string; link?: boolean }>;
  };
  return new Map(
    Object.entries(packages).flatMap(([path, { version, link }]) =>
      path.startsWith('node_modules/') && version !== undefined && link !== true ? [[path.slice('node_modules/'.length), version]] : [],
    ),
  );
}

function changesBetween(before: Versions, after: Versions): string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((name) => {
    const [old, now] = [before.get(name), after.get(name)];
    if (old === now) return [];
    return [`${name.padEnd(40)} ${old ?? '(new)'} → ${now ?? '(gone)'}`];
  });
}

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** An import of one source file by another, both relative to the root. */
export interface FileImport {
  readonly from: string;
  readonly to: string;
}

/**
 * Groups of folders that import each other, directly or through others of the group. An import counts for the folders that directly hold
 * the two files. Entry points (files that no other file imports) are left out: they are above their folder, like the command line of a tool
 * that holds its errors beside it.
 *
 * @returns each group with the imports between its folders.
 */
export function folderCycles(imports: readonly FileImport[]): readonly (readonly FileImport[])[] {
  const imported = new Set(imports.map(({ to }) => to));
  const between = imports.filter(({ from, to }) => imported.has(from) && posix.dirname(from) !== posix.dirname(to));
  const reached = reachableFolders(between);
  const isCyclic = ({ from, to }: FileImport): boolean => reached.get(posix.dirname(to))?.has(posix.dirname(from)) === true;
  const groups = Map.groupBy(between.filter(isCyclic), ({ from }) =>
    [...(reached.get(posix.dirname(from)) ?? [])]
      .filter((folder) => reached.get(folder)?.has(posix.dirname(from)) === true)
      .toSorted()
      .join(' '),
  );
  return [...groups.values()];
}

/** The folders that each folder imports, directly or through others. */
function reachableFolders(imports: readonly FileImport[]): ReadonlyMap<string, ReadonlySet<string>> {
  const direct = Map.groupBy(imports, ({ from }) => posix.dirname(from));
  const reachableFrom = (start: string): ReadonlySet<string> => {
    const reached = new Set<string>();
    const next = [start];
    for (let folder = next.pop(); folder !== undefined; folder = next.pop()) {
      for (const { to } of direct.get(folder) ?? []) {
        const target = posix.dirname(to);
        if (reached.has(target)) continue;
        reached.add(target);
        next.push(target);
      }
    }
    return reached;
  };
  return new Map([...direct.keys()].map((folder) => [folder, reachableFrom(folder)]));
}

/** Tests look into the folders that they test. */
const TEST = /\.test\.ts$|(?:^|\/)test\//;

/** Specifiers of relative imports, re-exports and imported types. */
const SPECIFIER = /(?:\bfrom|\bimport\(|\bimport)\s*'(\.[^']+\.m?[jt]s)'/g;

/** The relative imports of all sources of the repository except tests. */
export function sourceImports(): readonly FileImport[] {
  return execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.mts', '*.mjs'], { encoding: 'utf8' })
    .split('\n')
    .filter((file) => file !== '' && !TEST.test(file) && existsSync(file))
    .flatMap((from) =>
      [...readFileSync(from, 'utf8').matchAll(SPECIFIER)].map(([, specifier = '']) => ({
        from,
        to: posix.join(posix.dirname(from), specifier),
      })),
    );
}

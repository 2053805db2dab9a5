import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** An import of one source file by another, both relative to the root. */
export interface FileImport {
  readonly from: string;
  readonly to: string;
}

/** An import between two folders: their paths, or `folder/*` for the files directly in the folder that holds the other one. */
interface FolderImport {
  readonly fromFolder: string;
  readonly toFolder: string;
  readonly files: FileImport;
}

/**
 * Groups of folders that import each other, directly or through others of the group. An import counts for the outermost folders that hold
 * only one of its two files, with everything below them. Entry points (files that no other file imports) are left out: they are above
 * their folder, like the command line of a tool that holds its errors beside it.
 *
 * @returns each group with the imports between its folders.
 */
export function folderCycles(imports: readonly FileImport[]): readonly (readonly FileImport[])[] {
  const imported = new Set(imports.map(({ to }) => to));
  const between = imports
    .filter(({ from }) => imported.has(from))
    .map(folderImport)
    .filter(({ fromFolder, toFolder }) => fromFolder !== toFolder);
  const reached = reachableFolders(between);
  const reaches = (from: string, to: string): boolean => reached.get(from)?.has(to) === true;
  const groups = Map.groupBy(
    between.filter(({ fromFolder, toFolder }) => reaches(toFolder, fromFolder)),
    ({ fromFolder }) =>
      [...(reached.get(fromFolder) ?? [])]
        .filter((folder) => reaches(folder, fromFolder))
        .toSorted()
        .join(' '),
  );
  return [...groups.values()].map((group) => group.map(({ files }) => files));
}

function folderImport(files: FileImport): FolderImport {
  const [from, to] = [files.from.split('/'), files.to.split('/')];
  const depth = from.findIndex((name, index) => name !== to[index]);
  const folderOf = (path: readonly string[]): string =>
    [...path.slice(0, depth), path.length > depth + 1 ? (path[depth] ?? '') : '*'].join('/');
  return { fromFolder: folderOf(from), toFolder: folderOf(to), files };
}

/** The folders that each folder imports, directly or through others. */
function reachableFolders(imports: readonly FolderImport[]): ReadonlyMap<string, ReadonlySet<string>> {
  const direct = Map.groupBy(imports, ({ fromFolder }) => fromFolder);
  const reachableFrom = (start: string): ReadonlySet<string> => {
    const reached = new Set<string>();
    const next = [start];
    for (let folder = next.pop(); folder !== undefined; folder = next.pop()) {
      for (const { toFolder } of direct.get(folder) ?? []) {
        if (reached.has(toFolder)) continue;
        reached.add(toFolder);
        next.push(toFolder);
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

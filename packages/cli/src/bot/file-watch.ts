import { basename, extname, relative, sep } from 'node:path';
import { watch } from 'chokidar';

/** Time without further changes after which a module is restarted: editors and builds write several files. */
const SETTLE_MS = 100;

/** Extensions of the files that a module can consist of. */
const CODE: ReadonlySet<string> = new Set(['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json', '.wasm', '.node']);

/** Whether a change of this file can change the behaviour of a module. */
function isCode(path: string, folder: string): boolean {
  const parts = relative(folder, path).split(sep);
  if (parts.some((part) => part === 'node_modules' || (part.startsWith('.') && part.length > 1))) return false;
  return CODE.has(extname(path)) && !/\.(?:test|spec|d)\.[cm]?[jt]s$/.test(basename(path));
}

/** Watches the files of a module. */
export interface FileWatch {
  close(): Promise<void>;
}

/**
 * Calls back after the code of a module has changed, with one of the changed files.
 *
 * @param watched.others files outside the folder, or of other kinds, that count too.
 */
export async function watchCode(
  {
    folder,
    others = [],
    except = [],
  }: { readonly folder: string; readonly others?: readonly string[]; readonly except?: readonly string[] },
  changed: (path: string) => void,
): Promise<FileWatch> {
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch([folder, ...others], {
    ignoreInitial: true,
    ignored: (path) => /[/\\](?:node_modules|\.git)(?:[/\\]|$)/.test(relative(folder, path).replace(/^/, sep)),
  });
  watcher.on('all', (_event, path) => {
    if (except.includes(path) || !(others.includes(path) || isCode(path, folder))) return;
    clearTimeout(timer);
    timer = setTimeout(() => changed(path), SETTLE_MS);
  });
  await new Promise<void>((resolve) => watcher.once('ready', resolve));
  return {
    close: () => {
      clearTimeout(timer);
      return watcher.close();
    },
  };
}

import { readlinkSync, type BigIntStats } from 'node:fs';
import type { DirectoryTree } from '../../file-system/directory-tree.ts';
import type { ArchiveReport } from './archive-report.ts';
import type { ArchiveEntry } from '../tar/entry.ts';
import type { DigestedEntry } from './tree-digest.ts';
import type { FoundEntry } from '../walk/walk.ts';
import { HardLinks, type FirstName } from './hard-links.ts';
import type { SourceFiles } from './source-files.ts';

/** An entry that consists of a header only. */
export interface HeaderEntry {
  readonly header: Pick<ArchiveEntry, 'type' | 'linkTarget' | 'xattrs'>;
  readonly digested: Pick<DigestedEntry, 'content' | 'linkTarget'>;
}

/** Describes directories, FIFOs, symlinks and further names of archived inodes. */
export class HeaderEntries {
  readonly #links = new HardLinks();
  readonly #tree: DirectoryTree;
  readonly #files: SourceFiles;
  readonly #report: ArchiveReport;

  constructor({ tree, files, report }: { readonly tree: DirectoryTree; readonly files: SourceFiles; readonly report: ArchiveReport }) {
    this.#tree = tree;
    this.#files = files;
    this.#report = report;
  }

  /** @returns `content` for the first name of a regular file; undefined for an entry that could not be read, which is reported. */
  describe(found: FoundEntry): HeaderEntry | 'content' | undefined {
    const first = this.#links.firstName(found.stats);
    if (first !== undefined) return this.#furtherName(found, first);
    return found.stats.isFile() ? 'content' : this.#special(found);
  }

  /** Records the archived content of the first name of a file. */
  addContent(stats: BigIntStats, name: FirstName): void {
    this.#links.add(stats, name);
  }

  #furtherName(found: FoundEntry, { path, content }: FirstName): HeaderEntry | undefined {
    const linkTarget = found.stats.isSymbolicLink() ? this.#symlinkTarget(found.path) : undefined;
    if (found.stats.isSymbolicLink() && linkTarget === undefined) return undefined;
    return { header: { type: 'hardlink', linkTarget: path }, digested: { content, linkTarget } };
  }

  #special({ path, stats }: FoundEntry): HeaderEntry | undefined {
    const xattrs = this.#files.attributes(path, this.#tree.at(path), stats);
    if (stats.isDirectory()) return { header: { type: 'directory', ...xattrs }, digested: {} };
    if (stats.isFIFO()) {
      this.#links.add(stats, { path, content: undefined });
      return { header: { type: 'fifo', ...xattrs }, digested: {} };
    }
    const linkTarget = this.#symlinkTarget(path);
    if (linkTarget === undefined) return undefined;
    this.#links.add(stats, { path, content: undefined });
    return { header: { type: 'symlink', linkTarget, ...xattrs }, digested: { linkTarget } };
  }

  #symlinkTarget(path: Buffer): Buffer | undefined {
    try {
      return readlinkSync(this.#tree.at(path), { encoding: 'buffer' });
    } catch (error) {
      return this.#report.failed(path, error);
    }
  }
}

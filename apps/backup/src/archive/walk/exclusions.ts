import { matchesGlob } from 'node:path';

/**
 * Globs of entries to exclude from a backup. A glob with a slash is matched against the whole relative path, any other against every name.
 */
export class Exclusions {
  readonly #ofPaths: readonly string[];
  readonly #ofNames: readonly string[];

  constructor(globs: readonly string[]) {
    const plain = (glob: string) => glob.replace(/^\.?\/+/, '').replace(/\/+$/, '');
    this.#ofPaths = globs.filter((glob) => glob.includes('/')).map(plain);
    this.#ofNames = globs.filter((glob) => !glob.includes('/')).map(plain);
  }

  /** @param path relative path. */
  has(path: Buffer): boolean {
    if (this.#ofPaths.length === 0 && this.#ofNames.length === 0) return false;
    const text = path.toString('utf8');
    const name = text.slice(text.lastIndexOf('/') + 1);
    return this.#ofPaths.some((glob) => matchesGlob(text, glob)) || this.#ofNames.some((glob) => matchesGlob(name, glob));
  }
}

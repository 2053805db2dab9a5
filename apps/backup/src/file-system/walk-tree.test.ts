import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DirectoryTree } from './directory-tree.ts';
import { removeTree } from './remove-tree.ts';
import { walkTree } from './walk-tree.ts';

const ROOT = Buffer.alloc(0);

/** Exceeds the maximum number of open directories and the kernel's maximum path length. */
const DEPTH = 2_200;

describe('a tree of directories', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'eevee-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Creates nested directories with a file in the innermost. */
  function makeDeep(): void {
    using tree = new DirectoryTree(folder);
    let path: Buffer = Buffer.from('d');
    for (let depth = 0; depth < DEPTH; depth++) {
      mkdirSync(tree.at(path));
      path = Buffer.concat([path, Buffer.from('/d')]);
    }
    writeFileSync(tree.at(path), '');
  }

  it('is walked with enter and leave events, any names, and without following symlinks', () => {
    mkdirSync(join(folder, 'a/b'), { recursive: true });
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/a/`), Buffer.from([0xe9])]), '');
    symlinkSync('/', join(folder, 'link'));
    using tree = new DirectoryTree(folder);
    const visits = [...walkTree(tree, ROOT)].map(({ stage, path }) => `${stage} ${path.toString('latin1')}`);
    expect(visits.toSorted()).toEqual(['enter ', 'enter a', 'enter a/b', 'leave ', 'leave a', 'leave a/b', 'pass a/\xe9', 'pass link']);
    expect([visits[0], visits.at(-1)]).toEqual(['enter ', 'leave ']);
    const entered = [...walkTree(tree, ROOT, () => false)].filter(({ stage }) => stage === 'enter');
    expect(entered).toHaveLength(1);
  });

  it('may be deeper than the limits of the stack, open files and paths', () => {
    makeDeep();
    using tree = new DirectoryTree(folder);
    let passed = 0;
    for (const { stage } of walkTree(tree, ROOT)) if (stage !== 'leave') passed++;
    expect(passed).toBe(DEPTH + 2);
  });

  it('is removed at any depth', () => {
    makeDeep();
    removeTree(join(folder, 'd'));
    expect(existsSync(join(folder, 'd'))).toBe(false);
  });
});

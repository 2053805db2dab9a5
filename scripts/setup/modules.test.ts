import { mkdirSync, mkdtempSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installedNode, linkNode } from './modules.mjs';

const PACKAGE = `node-${process.platform}-${process.arch}`;

describe('the Node.js that npm installs', () => {
  let root: string;
  let link: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'eevee-modules-'));
    link = join(root, 'node_modules/.bin/node');
    mkdirSync(join(root, 'node_modules/.bin'), { recursive: true });
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const install = () => {
    mkdirSync(join(root, 'node_modules', PACKAGE, 'bin'), { recursive: true });
    writeFileSync(join(root, 'node_modules', PACKAGE, 'bin/node'), '');
  };

  it('is found, and linked again, when npm has removed its link', () => {
    install();
    linkNode(root);
    expect(installedNode(root)).toBe(join(root, 'node_modules', PACKAGE, 'bin/node'));
    expect(readlinkSync(link)).toBe(`../${PACKAGE}/bin/node`);
    linkNode(root);
    expect(readlinkSync(link)).toBe(`../${PACKAGE}/bin/node`);
  });

  it('replaces a broken link, and keeps one to another Node.js', () => {
    install();
    symlinkSync('../gone', link);
    linkNode(root);
    expect(readlinkSync(link)).toBe(`../${PACKAGE}/bin/node`);
    rmSync(link);
    symlinkSync(process.execPath, link);
    linkNode(root);
    expect(readlinkSync(link)).toBe(process.execPath);
  });

  it('is not linked if it is not installed', () => {
    linkNode(root);
    expect(installedNode(root)).toBeUndefined();
    expect(() => readlinkSync(link)).toThrow(/ENOENT/);
  });
});

import { closeSync, lstatSync, mkdtempSync, openSync, rmSync, statSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fixingAttribute, makeFifo, nextData, setModificationTime, syncFileSystem } from './linux.ts';

describe('system calls', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'eevee-linux-'));
    writeFileSync(at('file'), 'x');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each([1_577_934_245_123_456_789n, 0n, 1n, -1n, -1_500_000_000n, 10_413_792_000_000_000_001n])('set a time of %s ns exactly', (ns) => {
    setModificationTime(Buffer.from(at('file')), ns);
    expect(statSync(at('file'), { bigint: true }).mtimeNs).toBe(ns);
  });

  it('set the time of a symlink, not of its target', () => {
    symlinkSync('file', at('link'));
    setModificationTime(Buffer.from(at('link')), 5n);
    expect(lstatSync(at('link'), { bigint: true }).mtimeNs).toBe(5n);
    expect(statSync(at('file'), { bigint: true }).mtimeNs).not.toBe(5n);
  });

  it('throw errors with codes', () => {
    expect(() => setModificationTime(Buffer.from(at('missing')), 0n)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    expect(() => makeFifo(Buffer.from(at('file')), 0o600)).toThrow(expect.objectContaining({ code: 'EEXIST' }));
  });

  it('detect a mount point', () => {
    expect(fixingAttribute(Buffer.from('/proc'))).toBe('a mount point');
    for (const path of [at('file'), folder, at('missing')]) expect(fixingAttribute(Buffer.from(path))).toBeUndefined();
  });

  it('create a FIFO', () => {
    makeFifo(Buffer.from(at('fifo')), 0o600);
    expect(lstatSync(at('fifo')).isFIFO()).toBe(true);
  });

  it('find the data between holes', () => {
    const fd = openSync(at('sparse'), 'w+');
    writeSync(fd, 'data', 8 * 1024 * 1024);
    const data = nextData(fd, 0);
    expect(data?.from).toBeGreaterThan(0);
    expect(data?.from).toBeLessThanOrEqual(8 * 1024 * 1024);
    expect(nextData(fd, 8 * 1024 * 1024 + 4)).toBeUndefined();
    closeSync(fd);
  });

  it('sync a file system', () => {
    expect(() => syncFileSystem(folder)).not.toThrow();
  });
});

import { existsSync, mkdirSync, mkdtempDisposableSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { CopyDirectory } from './copy-directory.ts';

it('removes the copies of a killed process, and not those of a running one', () => {
  using parent = mkdtempDisposableSync(join(tmpdir(), 'eevee-copies-'));
  const abandoned = join(parent.path, 'eevee-sqlite-of-a-killed-process');
  mkdirSync(abandoned);
  writeFileSync(join(abandoned, 'copy'), 'rows');
  mkdirSync(join(parent.path, 'other'));
  using running = new CopyDirectory(parent.path);
  writeFileSync(join(running.path, 'copy'), 'rows');
  {
    using second = new CopyDirectory(parent.path);
    expect(dirname(second.path)).toBe(parent.path);
    expect(readdirSync(parent.path)).toHaveLength(3);
    expect([existsSync(abandoned), existsSync(join(running.path, 'copy'))]).toEqual([false, true]);
  }
  expect(readdirSync(parent.path)).toHaveLength(2);
});

it('is the parent if no directory can be created in it', () => {
  using copies = new CopyDirectory('/proc/none');
  expect([copies.path, copies.names]).toEqual(['/proc/none', []]);
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ModuleStore } from '../src/store/store.ts';

// Mounting small file systems requires root.
describe('a store on a volume of 1 MiB', () => {
  let volume: string;
  let module: ModuleStore;

  beforeEach(() => {
    volume = mkdtempSync(join(tmpdir(), 'eevee-volume-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', volume]);
    module = new ModuleStore(volume);
  });
  afterEach(() => {
    module.close();
    execFileSync('umount', [volume]);
    rmSync(volume, { recursive: true });
  });

  it('reports that the volume is full, keeps its entries, and continues when there is space', () => {
    const { store } = module;
    store.set('kept', 'first');
    const fill = (): void => {
      for (let index = 0; index < 100; index++) store.set(`filler ${index}`, 'x'.repeat(50_000));
    };
    expect(fill).toThrow(
      expect.objectContaining({ code: 'EEVEE_STORE_FULL', message: expect.stringContaining('the volume is full') as string }) as Error,
    );
    expect(() => store.transaction(fill)).toThrow(expect.objectContaining({ code: 'EEVEE_STORE_FULL' }) as Error);
    expect(store.get('kept')).toBe('first');
    execFileSync('mount', ['-o', 'remount,size=20m', volume]);
    fill();
    expect(store.list({ prefix: 'filler', limit: 1_000 })).toHaveLength(100);
  });

  it('reports that the volume is read-only', () => {
    module.store.set('kept', 1);
    module.close();
    execFileSync('mount', ['-o', 'remount,ro', volume]);
    expect(() => new ModuleStore(volume).store.set('kept', 2)).toThrow(expect.objectContaining({ code: 'EEVEE_STORE_READ_ONLY' }) as Error);
    execFileSync('mount', ['-o', 'remount,rw', volume]);
  });
});

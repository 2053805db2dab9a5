import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { killChildModules } from './child-module.ts';
import { TestBus } from './test-bus.ts';

/** A bus, and the folder of a module's volume. */
export interface ModuleWorld {
  readonly bus: TestBus;
  readonly volume: string;
}

/** Starts a world for each test of a file, and ends its modules afterwards. */
export function useModuleWorld(): ModuleWorld {
  let bus: TestBus;
  let volume: string;
  beforeEach(async () => {
    bus = await TestBus.start();
    volume = mkdtempSync(join(tmpdir(), 'eevee-volume-'));
  });
  afterEach(async () => {
    await killChildModules();
    await bus[Symbol.asyncDispose]();
    rmSync(volume, { recursive: true });
  });
  return {
    get bus() {
      return bus;
    },
    get volume() {
      return volume;
    },
  };
}

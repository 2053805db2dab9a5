import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUNDLES_OF_RUN } from './bundle.ts';

/** Called by vitest once in a run: makes a folder for the bundles that its tests build. @returns a function that removes it. */
export function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'eevee-bundles-'));
  // Workers inherit it. A run within a test has a folder of its own: its sources may be others.
  process.env[BUNDLES_OF_RUN] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}

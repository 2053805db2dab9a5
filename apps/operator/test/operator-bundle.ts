import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildBundle } from '@eeveebot/testing';

const APP = fileURLToPath(new URL('..', import.meta.url));

let made: string | undefined;

/** The operator bundled into one file, as in its image: it starts five times as fast as from source. Built once. */
export function operatorBundle(): string {
  if (made !== undefined) return made;
  const folder = mkdtempSync(join(tmpdir(), 'eevee-operator-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  made = join(folder, 'operator.cjs');
  buildBundle(APP, made);
  return made;
}

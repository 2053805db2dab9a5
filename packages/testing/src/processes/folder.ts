import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const present = new Set<ServerFolder>();
const kept = new WeakSet<ServerFolder>();

/** Keeps the existing folders because of their logs: a test failed. */
export function keepFolders(): void {
  for (const folder of present) kept.add(folder);
}

/** A server's own folder, removed when the server stops, unless a test has failed or `EEVEE_KEEP_LOGS` is set. */
export class ServerFolder {
  readonly path: string;

  constructor(kind: string) {
    this.path = mkdtempSync(join(tmpdir(), `eevee-${kind}-`));
    present.add(this);
  }

  remove(): void {
    present.delete(this);
    if (kept.has(this) || process.env['EEVEE_KEEP_LOGS']) process.stderr.write(`logs kept in ${this.path}\n`);
    else rmSync(this.path, { recursive: true, force: true, maxRetries: 5 });
  }
}

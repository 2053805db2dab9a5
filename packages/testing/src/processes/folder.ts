import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const failed = { seen: false };

/** From now on folders are kept: a test of this process failed, and the logs are wanted. */
export function keepFolders(): void {
  failed.seen = true;
}

/** A server's own folder, removed at its end unless a test failed or `EEVEE_KEEP_LOGS` is set. */
export class ServerFolder {
  readonly path: string;

  constructor(kind: string) {
    this.path = mkdtempSync(join(tmpdir(), `eevee-${kind}-`));
  }

  remove(): void {
    if (failed.seen || process.env['EEVEE_KEEP_LOGS']) {
      console.error(`logs kept in ${this.path}`);
      return;
    }
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5 });
  }
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder for the files of one server. */
export const newFolder = (purpose: string): Promise<string> => mkdtemp(join(tmpdir(), `eevee-${purpose}-`));

/** Removes such a folder. With EEVEE_KEEP_LOGS=1 it stays, for a look at the logs. */
export async function removeFolder(folder: string): Promise<void> {
  if (process.env['EEVEE_KEEP_LOGS'] === '1') return;
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

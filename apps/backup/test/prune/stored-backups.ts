import { utimesSync } from 'node:fs';
import { Store } from '@eeveebot/object-store';
import { afterAll, beforeAll } from 'vitest';
import { BUCKET, objectPath, storedKeys } from '../tool.ts';
import type { FaultyStoreWorld } from '../use-faulty-store.ts';

/** An hour. */
export const HOUR_MS = 3_600_000;

/** A day. */
export const DAY_MS = 24 * HOUR_MS;

/** Ids in the order of their number. */
export const id = (number: number): string => `0d7b6a54-6f6c-4f5e-9c43-${String(number).padStart(12, '0')}`;

/** Stores, ages and lists backups without the tool, in the tests of the surrounding `describe`. */
export function useStoredBackups(world: FaultyStoreWorld) {
  const at = {} as { store: Store };

  beforeAll(async () => {
    const { endpoint, region, credentials } = world.s3;
    at.store = await Store.open({ endpoint, region, credentials, bucket: BUCKET, pathStyle: true, signatureV2: false });
  });

  afterAll(() => {
    at.store?.close();
  });

  const put = (key: string, text: string) => at.store.put(key, Buffer.from(text), { contentType: 'application/octet-stream' });
  /** Stores a complete backup of 1,000 bytes according to its sidecar. */
  const backedUp = async (
    number: number,
    startedAt: Date,
    { beginning = 'chat/seen/', ...more }: Readonly<Record<string, unknown>> = {},
  ) => {
    const sidecar = {
      ...{ version: 1, sha256: 'a'.repeat(64), sizeBytes: 7, uncompressedBytes: 1000, files: 5, startedAt: startedAt.toISOString() },
      ...{ durationSeconds: 1, warnings: [], tool: 'eevee-backup 3.0.0', ...more },
    };
    await put(`${String(beginning)}${id(number)}.tar.gz`, 'archive');
    await put(`${String(beginning)}${id(number)}.json`, JSON.stringify(sidecar));
  };
  const daysAgo = (days: number): Date => new Date(Date.now() - days * DAY_MS);
  const setModified = (key: string, time: Date) => utimesSync(objectPath(world.s3, key), time, time);
  const age = (key: string, days: number) => setModified(key, daysAgo(days));
  const archives = (prefix?: string) =>
    storedKeys(world.s3, prefix)
      .filter((key) => key.endsWith('.tar.gz'))
      .map((key) => key.slice(0, 36));
  return { at, put, backedUp, daysAgo, setModified, age, archives };
}

/** Result of {@link useStoredBackups}. */
export type StoredBackups = ReturnType<typeof useStoredBackups>;

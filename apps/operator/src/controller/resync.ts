import type { Clock } from './types.ts';

/** Each resource is looked at again after this time, whatever was or was not seen to change. */
const PERIOD_MS = 36_000_000;

/** A few resources at a time: all at once would hold up those that did change. */
const SLICE_MS = 60_000;
const SLICES = PERIOD_MS / SLICE_MS;

/**
 * Adds each key once in ten hours, spread over that time by the keys' hashes.
 *
 * @param keys those that exist at that moment.
 * @returns what ends it.
 */
export function resync(clock: Clock, keys: () => readonly string[], add: (key: string) => void): () => void {
  let slice = 0;
  let cancel = clock.schedule(SLICE_MS, next);
  function next(): void {
    for (const key of keys()) if (hash(key) % SLICES === slice) add(key);
    slice = (slice + 1) % SLICES;
    cancel = clock.schedule(SLICE_MS, next);
  }
  return () => cancel();
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x81_1c_9d_c5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01_00_01_93) >>> 0;
  return value;
}

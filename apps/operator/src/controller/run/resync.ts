import type { Clock } from '../clock.ts';

/** Each resource is reconciled again after this time, even without a change. */
const PERIOD_MS = 36_000_000;

/** Interval between slices: reconciling all resources at once would delay those that did change. */
const SLICE_MS = 60_000;
const SLICES = PERIOD_MS / SLICE_MS;

/**
 * Adds each key once in ten hours, spread over that period by the hash of the key.
 *
 * @param keys the keys that exist at that moment.
 * @returns function that stops it.
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

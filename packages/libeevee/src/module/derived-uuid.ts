import { createHash } from 'node:crypto';

/**
 * A UUID of version 8 derived from a name: equal in all replicas, and after each restart.
 *
 * @example
 * derivedUuid('eevee event\0seen\0seen ^part$');
 */
export function derivedUuid(name: string): string {
  const bytes = createHash('sha256').update(name).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

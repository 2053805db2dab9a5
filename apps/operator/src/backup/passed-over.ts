import type { FoundBackup } from './object-stores.ts';

/** Longest text about backups that were passed over, in characters. */
const LIMIT = 1_000;

/**
 * Text about the newer backups that were not taken; undefined when the newest was taken.
 *
 * @example
 * passedOverText({ passedOver: ['backup b7 was passed over: its last verification failed'] });
 * // 'backup b7 was passed over: its last verification failed'
 */
export const passedOverText = ({ passedOver = [] }: Pick<FoundBackup, 'passedOver'>): string | undefined =>
  passedOver.length === 0 ? undefined : passedOver.join('; ').slice(0, LIMIT);

import type { FoundBackup } from './object-stores.ts';

/** Maximum length of the text about backups that were passed over, in characters. */
const LIMIT = 1_000;

/**
 * Text about the newer backups that were passed over; undefined if the newest was chosen.
 *
 * @example
 * passedOverText({ passedOver: ['backup b7 was passed over: its last verification failed'] });
 * // 'backup b7 was passed over: its last verification failed'
 */
export const passedOverText = ({ passedOver = [] }: Pick<FoundBackup, 'passedOver'>): string | undefined =>
  passedOver.length === 0 ? undefined : passedOver.join('; ').slice(0, LIMIT);

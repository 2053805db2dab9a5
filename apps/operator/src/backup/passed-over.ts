import type { FoundBackup } from './object-stores.ts';

/** Backups that were passed over and are named; the others are only counted. */
const NAMED = 10;

/** `backup` with a bounded number of reasons, as a status can hold them. */
export function withBoundedReasons(backup: FoundBackup): FoundBackup {
  const { passedOver = [] } = backup;
  if (passedOver.length <= NAMED) return backup;
  return { ...backup, passedOver: [...passedOver.slice(0, NAMED), `and ${passedOver.length - NAMED} more`] };
}

/** Longest text about backups that were passed over, in characters. */
const LIMIT = 1_000;

/**
 * Text about the newer backups that were not taken; undefined when the newest was taken.
 *
 * @example
 * passedOverText({ id: 'b6', key: '…', passedOver: ['b7 failed verification'] }); // 'newer backups were passed over: b7 failed verification'
 */
export function passedOverText({ passedOver = [] }: Pick<FoundBackup, 'passedOver'>): string | undefined {
  return passedOver.length === 0 ? undefined : `newer backups were passed over: ${passedOver.join('; ')}`.slice(0, LIMIT);
}

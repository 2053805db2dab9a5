import { isDeepStrictEqual } from 'node:util';
import { defined } from '@eeveebot/contract';
import type { Entry } from './entries.ts';
import type { ScheduleEntryOptions } from './schedule.ts';

/** Options of a module for an entry. */
export type EntryOptions = ScheduleEntryOptions & { readonly payload?: unknown };

/** An entry that no run was begun for. */
export function newEntry(given: Pick<Entry, 'name' | 'key' | 'recurrence' | 'dueMs'>, { payload, to }: EntryOptions): Entry {
  return {
    ...given,
    attempts: 0,
    ...defined({ payload }),
    ...(to === undefined
      ? {}
      : { to: { platform: to.platform, network: to.network, instance: to.instance, channel: to.channel, nick: to.nick } }),
  };
}

/** Whether an entry is the same as another, apart from its runs: a module adds its recurring entries at each start. */
export const isSameEntry = (entry: Entry, other: Entry): boolean =>
  isDeepStrictEqual({ ...entry, attempts: 0, dueMs: 0 }, { ...other, attempts: 0, dueMs: 0 });

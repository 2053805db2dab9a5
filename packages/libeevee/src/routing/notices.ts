import type { CommandRegistration } from '../chat/payloads.ts';

/** A waiting time in words. */
function inWords(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`;
}

/** The notice for the sender of a call over the limit. */
export function limitNotice(
  { commandDisplayName, ratelimit: { limit, interval } }: CommandRegistration,
  { action, freeInMs }: { action: 'dropped' | 'queued' | 'refused'; freeInMs: number },
): string {
  const limited = `${commandDisplayName} can be used ${limit === 1 ? 'once' : `${limit} times`} every ${interval}`;
  if (action === 'queued') return `${limited}. Your call is queued.`;
  if (action === 'refused') return `${limited}, and too many calls are queued. Try again in ${inWords(freeInMs)}.`;
  return `${limited}. Try again in ${inWords(freeInMs)}.`;
}

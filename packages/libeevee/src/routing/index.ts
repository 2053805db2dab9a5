/**
 * Matching and limits, as the router, the test harness and the console do them.
 *
 * Registrations are read and checked (`registrations.ts`) and kept with their renewals (`registry.ts`). A message is read (`message.ts`),
 * held against the blocklist (`blocklist.ts`), then offered to each command and broadcast (`matching.ts`); expressions answer at once
 * (`pattern.ts`) or are asked of a thread together (`trial.ts`). Calls are counted and may wait (`limits.ts`). `Routing` puts it together
 * and emits decisions (`decisions.ts`).
 */
export { type Blocklist, type BlocklistEntry, readBlocklist } from './blocklist.ts';
export type { Decision, Emit } from './decisions.ts';
export { type LimitWindow, intervalMs } from './limits.ts';
export type { CommandMatch } from './matching.ts';
export type { Message } from './message.ts';
export { EXPIRY_MS, RENEWAL_MS, type Registered } from './registry.ts';
export { Admission, type Call } from './admission.ts';
export { type Admit, DEFAULT_SETTINGS, type RegistrationOutcome, Routing, type RoutingSettings } from './routing.ts';
export { BoundedRegexes, type RegexOutcome, type RegexTask } from '../regex/bounded-worker.ts';

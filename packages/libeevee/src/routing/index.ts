/**
 * Matching and limits, shared by the router, the test harness and the console.
 *
 * Registrations are parsed and checked (`registrations.ts`) and kept with their renewals (`register.ts`, `registry.ts`). A message is parsed
 * (`message.ts`), checked against the blocklist (`blocklist.ts`), then matched with each command and broadcast (`matching.ts`); expressions
 * are evaluated immediately (`pattern.ts`) or in a thread, in one batch (`trial.ts`). Calls are counted and may wait (`limits.ts`).
 * `Routing` combines these parts and emits decisions (`decisions.ts`).
 */
export { type Blocklist, type BlocklistEntry, readBlocklist } from './blocklist.ts';
export type { Decision, Emit } from './decisions.ts';
export { type LimitWindow, intervalMs } from './limits.ts';
export type { CommandMatch } from './matching.ts';
export type { Message } from './message.ts';
export { EXPIRY_MS, RENEWAL_MS, type Registered } from './registry.ts';
export { Admission, type Call } from './admission.ts';
export type { RegistrationOutcome } from './register.ts';
export { type Admit, DEFAULT_SETTINGS, type ExpiredRegistration, type RegistrationKind, Routing, type RoutingSettings } from './routing.ts';
export { BoundedRegexes, type RegexOutcome, type RegexTask } from '../regex/bounded-worker.ts';

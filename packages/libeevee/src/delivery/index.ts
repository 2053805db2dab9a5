/**
 * Messages that arrive although a process or the NATS server is killed, and arrive once.
 *
 * ```
 * sender: Outbox ── message, reply subject = its number ──▶ receiver: Inbox ──▶ work
 *            ▲ ◀────────── confirmation: "taken" ───────────────┘
 *            └── after a second without it: "which of these do you have?" ──▶ each receiver
 * ```
 *
 * An {@link Outbox} keeps each message until a receiver confirms it. A message without a confirmation is sent again only when every receiver
 * that is alive has answered that it does not have it, so nothing is delivered twice. Receivers that never announced themselves are
 * sent each message once, as before. `outbox.ts` sends, `ledger.ts` keeps, `lane.ts` decides which is next, `lane-care.ts` finds out what became of
 * the others with `questions.ts`, `passing-messages.ts` finds out which messages the server delivered to receivers that do not confirm,
 * `inbox.ts` receives.
 */
export { afterWrites } from '../nats/transport.ts';
export { moduleIdentity } from '../nats/module-identity.ts';
export { Inbox, type Receipt, inboxOf } from './inbox.ts';
export { Outbox } from './outbox.ts';
export { RenewalClock } from './renewal-clock.ts';
export { ReportSums } from './report-sums.ts';
export type { Kept, LossReason, OutboxClock, OutboxOptions, Outgoing } from './outbox-options.ts';

import type {
  BroadcastDelivery,
  BroadcastRegistration,
  CommandExecution,
  CommandRegistration,
  EventRegistration,
  PersonalNotice,
} from '../chat/payloads.ts';

/** An action for the caller. It is already counted against limits. */
export type Decision =
  /** `isOverdue`: the module did not answer the last request to register again, so it may be gone. */
  | { readonly kind: 'execute'; readonly command: CommandRegistration; readonly execution: CommandExecution; readonly isOverdue: boolean }
  | { readonly kind: 'deliver'; readonly broadcast: BroadcastRegistration; readonly message: BroadcastDelivery }
  /** The payload is forwarded unchanged. */
  | { readonly kind: 'event'; readonly registration: EventRegistration }
  | { readonly kind: 'notice'; readonly platform: string; readonly instance: string; readonly notice: PersonalNotice }
  /** `refused`: its queue is full; `gone`: while it waited, its command was unregistered or its sender was blocked. */
  | { readonly kind: 'limited'; readonly command: CommandRegistration; readonly action: 'dropped' | 'queued' | 'refused' | 'gone' }
  | { readonly kind: 'blocked'; readonly entry: string }
  | { readonly kind: 'unmatched' }
  | { readonly kind: 'invalid'; readonly problem: string }
  /** An expression took too long: its registration or entry is no longer matched. */
  | { readonly kind: 'set-aside'; readonly what: string; readonly name: string; readonly id: string }
  /** The engine for expressions with look-arounds could not answer. */
  | { readonly kind: 'not-tried'; readonly expressions: number };

export type Emit = (decision: Decision) => void;

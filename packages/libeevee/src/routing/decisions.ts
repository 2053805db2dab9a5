import type {
  BroadcastRegistration,
  CommandExecution,
  CommandRegistration,
  DeliveredMessage,
  EventRegistration,
  PersonalNotice,
} from '../chat/payloads.ts';

/** An action for the caller. It is already counted against limits. */
export type Decision =
  /** `isOverdue`: the module did not answer when it was last asked to register again, so it may be gone. */
  | { readonly kind: 'execute'; readonly command: CommandRegistration; readonly execution: CommandExecution; readonly isOverdue: boolean }
  | { readonly kind: 'deliver'; readonly broadcast: BroadcastRegistration; readonly message: DeliveredMessage }
  /** The payload goes out as it came. */
  | { readonly kind: 'event'; readonly registration: EventRegistration }
  | { readonly kind: 'notice'; readonly platform: string; readonly instance: string; readonly notice: PersonalNotice }
  /** `refused`: its queue is full; `gone`: it waited, and its command is no longer registered, or its speaker is blocked now. */
  | { readonly kind: 'limited'; readonly command: CommandRegistration; readonly action: 'dropped' | 'queued' | 'refused' | 'gone' }
  | { readonly kind: 'blocked'; readonly entry: string }
  | { readonly kind: 'unmatched' }
  | { readonly kind: 'invalid'; readonly problem: string }
  /** An expression took too long: what it belongs to is not matched any more. */
  | { readonly kind: 'set-aside'; readonly what: string; readonly name: string; readonly id: string }
  /** The engine for expressions with look-arounds could not answer. */
  | { readonly kind: 'not-tried'; readonly expressions: number };

export type Emit = (decision: Decision) => void;

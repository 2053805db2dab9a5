/** Runs a module in a test, so that its test is a conversation. */
export type {
  BroadcastRegistration as RegisteredBroadcast,
  ChatEvent,
  CommandRegistration as RegisteredCommand,
  EventRegistration as RegisteredEvent,
  HelpUpdate as RegisteredHelp,
  IncomingMessage,
} from '../chat/payloads.ts';
export type { HandlerFailure } from '../module/message-handling.ts';
export { type BusAddress, MemoryBus } from './memory-bus.ts';
export type { Speaker } from './speaker.ts';
export { startTestBot } from './start-test-bot.ts';
export { TestBot } from './test-bot.ts';
export type { TestBotOptions } from './test-bot-options.ts';
export type { Outgoing, OutgoingNotice } from './transcript.ts';

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
export { type Outgoing, type OutgoingNotice, type Speaker, TestBot, type TestBotOptions, startTestBot } from './test-bot.ts';

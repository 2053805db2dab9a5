/** Runs a module in a test, so that its test is a conversation. */
export type { BusAddress } from './memory-bus.ts';
export type { IncomingMessage, RegisteredBroadcast, RegisteredCommand, RegisteredHelp } from './registrations.ts';
export { type Outgoing, type Speaker, TestBot, type TestBotOptions, startTestBot } from './test-bot.ts';

export {
  type BroadcastRegistrationOptions,
  type BroadcastUnregistrationOptions,
  registerBroadcast,
  unregisterBroadcast,
} from './chat/broadcasts.ts';
export { type ConnectorChannel, joinChannel, kick, partChannel } from './chat/connector-control.ts';
export { type EventRegistrationOptions, type EventUnregistrationOptions, registerEvent, unregisterEvent } from './chat/events.ts';
export { type ChatNotice, sendNotice } from './chat/notices.ts';
export type * from './chat/payloads.ts';
export { type ChatMessage, type ChatMessageType, sendAction, sendChatMessage } from './chat/answers.ts';
export {
  type SemanticColorMap,
  type ValueColorRange,
  type ValueColors,
  colorizeBgForPlatform,
  colorizeByType,
  colorizeByValue,
  colorizeForPlatform,
  rainbowForPlatform,
  randomColorForPlatform,
  styleForPlatform,
} from './irc/colors.ts';
export { type CommandRegistrationOptions, type CommandUnregistrationOptions, registerCommand, unregisterCommand } from './chat/commands.ts';
export { type CaseMapping, ircFolded } from './irc/case-mapping.ts';
export { loadModuleConfig } from './config/load.ts';
export { type ConfigChangeHandler, type ConfigWatch, type ConfigWatchOptions, watchModuleConfig } from './config/watch.ts';
export {
  type ChannelUser,
  type ConnectorQueryOptions,
  type UserModes,
  queryChannelUsers,
  queryUserModes,
} from './chat/connector-queries.ts';
export { ERROR_CODES, EeveeError, type ErrorCode, UnansweredError, UserError } from './errors.ts';
export { type HelpEntry, registerHelp, unregisterHelp } from './chat/help.ts';
export type { HealthClient } from './http/state-routes.ts';
export { express } from './http/lazy-express.ts';
export { type HttpServerOptions, type ModuleHttpServer, setupHttpServer } from './http/server.ts';
export {
  type ChainedFormat,
  type IrcBgColorName,
  type IrcColorName,
  type IrcFormat,
  type IrcStyleName,
  bgColors,
  fgColors,
  ircColors,
  stripColors,
  stripColorsAndStyle,
  stripStyle,
  styles,
} from './irc/format.ts';
export { type ErrorLog, type ErrorLogMethod, type Log, type LogFields, type LogMethod, type ProcessLog, log } from './log/log.ts';
export { eeveeLogo } from './process/logo.ts';
export {
  Counter,
  Gauge,
  Histogram,
  channelCounter,
  channelGauge,
  commandCounter,
  commandErrorCounter,
  commandProcessingTime,
  connectionCounter,
  connectionGauge,
  errorCounter,
  httpRequestCounter,
  httpRequestDuration,
  initializeSystemMetrics,
  memoryUsageGauge,
  messageCounter,
  messageProcessingTime,
  natsPublishCounter,
  natsSubscribeCounter,
  register,
  uptimeGauge,
} from './metrics/registry.ts';
export type {
  BroadcastContext,
  CommandContext,
  EventContext,
  HandlerContext,
  HandlerInfo,
  MessageContext,
  ModuleContext,
  SaidMessage,
  ScheduleContext,
} from './module/contexts.ts';
export { type ScheduleDefinition, defineSchedule } from './module/schedule-definition.ts';
export { type BotModule, defineModule } from './module/define-module.ts';
export type {
  AnyCommandDefinition,
  CallSettings,
  CommandDefinition,
  CommandGroupDefinition,
  ConfiguredRateLimit,
  RegisteredCommandDefinition,
  SubcommandDefinition,
} from './module/command-definition.ts';
export type { BroadcastDefinition, EventDefinition, ModuleDefinition } from './module/definition.ts';
export type * from './module/locals.ts';
export type { Middleware, Next } from './module/middleware.ts';
export type { Allow, AllowDeclaration } from './module/permissions/types.ts';
export type { AskOptions } from './conversation/ask.ts';
export type {
  Schedule,
  ScheduleArguments,
  ScheduleEntryOptions,
  ScheduleReference,
  ScheduleTarget,
  ScheduledEntry,
} from './schedule/schedule.ts';
export type { Store, StoreEntry, StoreListOptions } from './store/store.ts';
export type { StorePerson, StorePlace } from './store/keys.ts';
export type {
  ArgumentDefinition,
  ArgumentsDeclaration,
  ChoiceArgument,
  DurationArgument,
  NickArgument,
  NumberArgument,
  ParsedArguments,
  RestArgument,
  StringArgument,
} from './module/arguments/types.ts';
export type { StandardIssue, StandardResult, StandardSchema } from './module/fields/standard-schema.ts';
export {
  type ModuleMetrics,
  type NatsMetrics,
  createModuleMetrics,
  recordChannel,
  recordCommand,
  recordCommandError,
  recordConnection,
  recordMessage,
} from './metrics/module-metrics.ts';
export { NatsClient, type NatsClientEvents, type NatsClientOptions, type NatsHandler, type NatsSubscriptionResult } from './nats/client.ts';
export type { NatsCredentials } from './nats/credentials.ts';
export type { NatsTls } from './nats/tls.ts';
export { type NatsConnectionOptions, createNatsConnection } from './nats/connection.ts';
export { type RateLimitConfig, defaultRateLimit } from './chat/rate-limit.ts';
export { nearestName } from './nearest-name.ts';
export { compileRegex } from './regex/compile.ts';
export { type DrainableClient, handleSIG, registerGracefulShutdown } from './process/shutdown.ts';
export { type StatsHandlersOptions, registerStatsHandlers } from './process/stats.ts';
export { formatUptime } from './process/uptime.ts';
export type { Msg, Subscription } from 'nats';

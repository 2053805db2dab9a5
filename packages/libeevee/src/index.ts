export {
  type BroadcastRegistrationOptions,
  type BroadcastUnregistrationOptions,
  registerBroadcast,
  unregisterBroadcast,
} from './broadcasts.ts';
export { type ChatMessage, type ChatMessageType, sendAction, sendChatMessage } from './chat.ts';
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
} from './colors.ts';
export { type CommandRegistrationOptions, type CommandUnregistrationOptions, registerCommand, unregisterCommand } from './commands.ts';
export { loadModuleConfig } from './config.ts';
export { type ConfigChangeHandler, type ConfigWatch, type ConfigWatchOptions, watchModuleConfig } from './config-watch.ts';
export { type ChannelUser, type ConnectorQueryOptions, type UserModes, queryChannelUsers, queryUserModes } from './connector-queries.ts';
export { ERROR_CODES, EeveeError, type ErrorCode } from './errors.ts';
export { type HelpEntry, registerHelp, unregisterHelp } from './help.ts';
export { type HealthClient, type HttpServerOptions, setupHttpServer } from './http.ts';
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
} from './irc-format.ts';
export { type Log, type LogFields, type LogMethod, log } from './log.ts';
export { eeveeLogo } from './logo.ts';
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
} from './metrics.ts';
export type { BroadcastContext, CommandContext, MessageContext, ModuleContext, SaidMessage } from './module/contexts.ts';
export { type BotModule, defineModule } from './module/define-module.ts';
export type { BroadcastDefinition, CommandDefinition, ModuleDefinition } from './module/definition.ts';
export type { StandardIssue, StandardResult, StandardSchema } from './module/standard-schema.ts';
export {
  type ModuleMetrics,
  type NatsMetrics,
  createModuleMetrics,
  recordChannel,
  recordCommand,
  recordCommandError,
  recordConnection,
  recordMessage,
} from './module-metrics.ts';
export { NatsClient, type NatsClientEvents, type NatsClientOptions, type NatsHandler, type NatsSubscriptionResult } from './nats.ts';
export { type NatsConnectionOptions, createNatsConnection } from './nats-connection.ts';
export { type RateLimitConfig, defaultRateLimit } from './rate-limit.ts';
export { compileRegex } from './regex.ts';
export { type DrainableClient, handleSIG, registerGracefulShutdown } from './shutdown.ts';
export { type StatsHandlersOptions, registerStatsHandlers } from './stats.ts';
export { formatUptime } from './uptime.ts';

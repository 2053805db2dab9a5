import { boundedLabel, boundedPlace } from './bounded-labels.ts';
import {
  channelCounter,
  channelGauge,
  commandCounter,
  commandErrorCounter,
  commandProcessingTime,
  connectionCounter,
  connectionGauge,
  errorCounter,
  messageCounter,
  natsPublishCounter,
  natsSubscribeCounter,
} from './registry.ts';

/** Counts of one module, its name already filled in. */
export interface ModuleMetrics {
  /** Counts a command, `result` e.g. `success` or `error`, into `commands_total`. */
  recordCommand(platform: string, network: string, channel: string, result: string): void;
  /** Counts an error into `errors_total` and `command_errors_total`. */
  recordError(type: string): void;
  /** Notes how long a command took, in seconds, in `command_processing_seconds`. */
  recordProcessingTime(seconds: number): void;
  /** Counts a message published into `nats_publish_total`. */
  recordNatsPublish(type: string): void;
  /** Counts a subscription made into `nats_subscribe_total`. */
  recordNatsSubscribe(subject: string): void;
}

/** What the parts that talk over NATS count; anything left out is not counted. */
export type NatsMetrics = Partial<Pick<ModuleMetrics, 'recordNatsPublish' | 'recordNatsSubscribe'>>;

/**
 * The counts of `module`.
 *
 * @example
 * const metrics = createModuleMetrics('echo');
 * metrics.recordCommand('irc', 'libera', '#eevee', 'success');
 */
export function createModuleMetrics(module: string): ModuleMetrics {
  return {
    recordCommand: (platform, network, channel, result) => recordCommand(module, platform, network, channel, result),
    recordError: (type) => {
      const bounded = boundedLabel('error type', type);
      errorCounter.inc({ module, type: bounded, operation: 'module' });
      commandErrorCounter.inc({ module, type: bounded });
    },
    recordProcessingTime: (seconds) => commandProcessingTime.observe({ module }, seconds),
    recordNatsPublish: (type) => natsPublishCounter.inc({ module, type: boundedLabel('published type', type) }),
    recordNatsSubscribe: (subject) => natsSubscribeCounter.inc({ module, subject: boundedLabel('subject', subject) }),
  };
}

/** Counts a chat message, `direction` e.g. `incoming` or `outgoing`, into `messages_total`. */
export function recordMessage(module: string, platform: string, direction: string, result: string): void {
  messageCounter.inc({ module, platform: boundedLabel('platform', platform), direction, result: boundedLabel('result', result) });
}

/**
 * Counts a connection event into `connections_total` and keeps `active_connections`: `connected` and
 * `success` add one, `disconnected` and `closed` take one away, anything else is counted alone.
 */
export function recordConnection(module: string, result: string): void {
  connectionCounter.inc({ module, result });
  if (result === 'connected' || result === 'success') connectionGauge.inc({ module });
  else if (result === 'disconnected' || result === 'closed') connectionGauge.dec({ module });
}

/**
 * Counts a channel event into `channels_total` and keeps `active_channels`: after `join` the channel
 * shows 1, after `part`, `leave` or `kick` it is gone.
 */
export function recordChannel(module: string, channel: string, action: string): void {
  channelCounter.inc({ module, action });
  const bounded = boundedLabel('active channel', channel);
  const isLeft = action === 'part' || action === 'leave' || action === 'kick';
  if (bounded !== channel) {
    if (action === 'join') channelGauge.inc({ module, channel: bounded });
    else if (isLeft) channelGauge.dec({ module, channel: bounded });
  } else if (action === 'join') channelGauge.set({ module, channel }, 1);
  else if (isLeft) channelGauge.remove({ module, channel });
}

/** Counts a command into `commands_total`. */
export function recordCommand(module: string, platform: string, network: string, channel: string, result: string): void {
  commandCounter.inc({ module, ...boundedPlace({ platform, network, channel }), result: boundedLabel('result', result) });
}

/** Counts a failed command into `command_errors_total`. */
export function recordCommandError(module: string, type: string): void {
  commandErrorCounter.inc({ module, type: boundedLabel('error type', type) });
}

import type { Counter } from 'prom-client';
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
import { TextTree } from './text-tree.ts';

/** Metrics of one module, with its name filled in. */
export interface ModuleMetrics {
  /** Counts a command in `commands_total`; `result` is e.g. `success` or `error`. */
  recordCommand(platform: string, network: string, channel: string, result: string): void;
  /** Counts one error, or `count` errors, in `errors_total` and `command_errors_total`. */
  recordError(type: string, count?: number): void;
  /** Records the duration of a command, in seconds, in `command_processing_seconds`. */
  recordProcessingTime(seconds: number): void;
  /** Counts a published message in `nats_publish_total`. */
  recordNatsPublish(type: string): void;
  /** Counts a subscription in `nats_subscribe_total`. */
  recordNatsSubscribe(subject: string): void;
}

/** Counters of code that uses NATS; omitted ones are not counted. */
export type NatsMetrics = Partial<Pick<ModuleMetrics, 'recordNatsPublish' | 'recordNatsSubscribe'>>;

/**
 * Children of the counters that count each message, by the values of their labels. Values beyond the bounds of a label are not remembered.
 */
const publishedChildren = new TextTree<Counter.Internal>();
const commandChildren = new TextTree<Counter.Internal>();

/**
 * Metrics of `module`.
 *
 * @example
 * const metrics = createModuleMetrics('echo');
 * metrics.recordCommand('irc', 'libera', '#eevee', 'success');
 */
export function createModuleMetrics(module: string): ModuleMetrics {
  return {
    recordCommand: (platform, network, channel, result) => recordCommand(module, platform, network, channel, result),
    recordError: (type, count = 1) => {
      const bounded = boundedLabel('error type', type);
      errorCounter.inc({ module, type: bounded, operation: 'module' }, count);
      commandErrorCounter.inc({ module, type: bounded }, count);
    },
    recordProcessingTime: (seconds) => commandProcessingTime.observe({ module }, seconds),
    recordNatsPublish: (type) => {
      const known = publishedChildren.get([module, type]);
      if (known !== undefined) {
        known.inc();
        return;
      }
      const bounded = boundedLabel('published type', type);
      const child = natsPublishCounter.labels({ module, type: bounded });
      child.inc();
      if (bounded === type) publishedChildren.set([module, type], child);
    },
    recordNatsSubscribe: (subject) => natsSubscribeCounter.inc({ module, subject: boundedLabel('subject', subject) }),
  };
}

/** Counts a chat message in `messages_total`; `direction` is e.g. `incoming` or `outgoing`. */
export function recordMessage(module: string, platform: string, direction: string, result: string): void {
  messageCounter.inc({ module, platform: boundedLabel('platform', platform), direction, result: boundedLabel('result', result) });
}

/**
 * Counts a connection event in `connections_total` and updates `active_connections`: `connected` and `success` add one, `disconnected`
 * and `closed` subtract one, any other event is only counted.
 */
export function recordConnection(module: string, result: string): void {
  connectionCounter.inc({ module, result });
  if (result === 'connected' || result === 'success') connectionGauge.inc({ module });
  else if (result === 'disconnected' || result === 'closed') connectionGauge.dec({ module });
}

/**
 * Counts a channel event in `channels_total` and updates `active_channels`: `join` sets the channel to 1; `part`, `leave` and `kick`
 * remove it.
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

/** Counts a command in `commands_total`. */
export function recordCommand(module: string, platform: string, network: string, channel: string, result: string): void {
  const given = [module, platform, network, channel, result] as const;
  const known = commandChildren.get(given);
  if (known !== undefined) {
    known.inc();
    return;
  }
  const place = boundedPlace({ platform, network, channel });
  const labels = { module, ...place, result: boundedLabel('result', result) };
  const child = commandCounter.labels(labels);
  child.inc();
  const isWithinBounds = labels.result === result && place.platform === platform && place.network === network && place.channel === channel;
  if (isWithinBounds) commandChildren.set(given, child);
}

/** Counts a failed command in `command_errors_total`. */
export function recordCommandError(module: string, type: string): void {
  commandErrorCounter.inc({ module, type: boundedLabel('error type', type) });
}

import type { Counter, Histogram } from 'prom-client';
import { boundedLabel, boundedPlace } from './bounded-labels.ts';
import {
  channelCounter,
  channelGauge,
  commandCounter,
  commandDuration,
  commandErrorCounter,
  commandProcessingTime,
  connectionCounter,
  connectionGauge,
  errorCounter,
  messageCounter,
  messageProcessingTime,
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
 * The children of an instrument by the values of its labels, in their order. Those of values that the labels keep are remembered; there are
 * unlimited many of those that become `other`.
 */
class Children<Child> {
  readonly #known = new TextTree<Child>();
  readonly #instrument: { labels(...values: string[]): Child };
  readonly #bounded: (values: readonly string[]) => readonly string[];

  constructor(
    instrument: { labels(...values: string[]): Child },
    bounded: (values: readonly string[]) => readonly string[] = (same) => same,
  ) {
    this.#instrument = instrument;
    this.#bounded = bounded;
  }

  of(values: readonly string[]): Child {
    const known = this.#known.get(values);
    if (known !== undefined) return known;
    const labels = this.#bounded(values);
    const child = this.#instrument.labels(...labels);
    if (labels.every((label, index) => label === values[index])) this.#known.set(values, child);
    return child;
  }
}

const published = new Children<Counter.Internal>(natsPublishCounter, ([module = '', type = '']) => [
  module,
  boundedLabel('published type', type),
]);
const chatMessages = new Children<Counter.Internal>(messageCounter, ([module = '', platform = '', direction = '', result = '']) => [
  ...[module, boundedLabel('platform', platform), direction, boundedLabel('result', result)],
]);
const handledCommands = new Children<Counter.Internal>(
  commandCounter,
  ([module = '', platform = '', network = '', channel = '', result = '']) => {
    const place = boundedPlace({ platform, network, channel });
    return [module, place.platform, place.network, place.channel, boundedLabel('result', result)];
  },
);
// The values of these labels are those of definitions, so there are few.
const commandDurations = new Children<Histogram.Internal<string>>(commandProcessingTime);
const durationsByCommand = new Children<Histogram.Internal<string>>(commandDuration);
const messageDurations = new Children<Histogram.Internal<string>>(messageProcessingTime);

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
    recordProcessingTime: (seconds) => commandDurations.of([module]).observe(seconds),
    recordNatsPublish: (type) => published.of([module, type]).inc(),
    recordNatsSubscribe: (subject) => natsSubscribeCounter.inc({ module, subject: boundedLabel('subject', subject) }),
  };
}

/** Counts a chat message in `messages_total`; `direction` is e.g. `incoming` or `outgoing`. */
export function recordMessage(module: string, platform: string, direction: string, result: string): void {
  chatMessages.of([module, platform, direction, result]).inc();
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
  handledCommands.of([module, platform, network, channel, result]).inc();
}

/** Records the duration of a command in `command_duration_seconds`. */
export function recordCommandDuration(values: readonly [module: string, command: string, result: string], seconds: number): void {
  durationsByCommand.of(values).observe(seconds);
}

/** Records the duration of handling a broadcast, event or schedule in `message_processing_seconds`. */
export function recordMessageDuration(module: string, seconds: number): void {
  messageDurations.of([module]).observe(seconds);
}

/** Counts a failed command in `command_errors_total`. */
export function recordCommandError(module: string, type: string): void {
  commandErrorCounter.inc({ module, type: boundedLabel('error type', type) });
}

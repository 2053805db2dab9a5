import { defined, outgoingNoticeSubject } from '@eeveebot/contract';
import type { NatsMetrics } from '../metrics/module-metrics.ts';
import type { NatsClient } from '../nats/client.ts';
import { ignorableResult } from '../promises.ts';
import type { ChannelNotice, PersonalNotice } from './payloads.ts';
import { publishLines } from './publish-lines.ts';

/** A notice to one user, or to everyone in a channel. */
export type ChatNotice = {
  readonly platform: string;
  /** The connector's instance. */
  readonly instance: string;
  readonly text: string;
} & (
  | {
      /** Nick of the user. */
      readonly target: string;
      readonly channel?: undefined;
    }
  | { readonly channel: string; readonly target?: undefined }
);

const NOTICE = 'notice.outgoing';

/**
 * Sends a notice through a connector, one notice per line of text. The promise does not have to be awaited: failures are logged and
 * counted either way.
 *
 * @throws EeveeError `EEVEE_CHAT_NOT_SENT` as `sendChatMessage` does.
 * @example
 * await sendNotice(nats, { platform: 'irc', instance: 'main', target: 'fox', text: 'only you can read this' });
 */
export function sendNotice(nats: NatsClient, notice: ChatNotice, metrics?: NatsMetrics): Promise<void> {
  return ignorableResult(() => publishNotice(nats, notice, metrics));
}

/** Sends the notice. @returns and throws as {@link publishLines}; callers must handle the rejection. */
export function publishNotice(nats: NatsClient, notice: ChatNotice, metrics: NatsMetrics | undefined): Promise<void> | undefined {
  const { platform, instance, channel, target } = notice;
  return publishLines(nats, {
    address: { platform, instance, ...(channel === undefined ? { target } : { channel }) },
    text: notice.text,
    subject: () => outgoingNoticeSubject({ platform, instance, ...defined({ channel }) }),
    payload: (text): ChannelNotice | PersonalNotice => (channel === undefined ? { target: target ?? '', text } : { channel, text }),
    type: NOTICE,
    metrics,
  });
}

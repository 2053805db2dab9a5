import { connectorControlSubject } from '@eeveebot/contract';
import { type Msg, createInbox } from 'nats';
import { ERROR_CODES, EeveeError, reasonOf } from '../errors.ts';
import type { NatsMetrics } from '../metrics/module-metrics.ts';
import type { NatsClient } from '../nats/client.ts';
import { ignorable } from '../promises.ts';

/** A user in a channel, as reported by the connector. */
export interface ChannelUser {
  nick: string;
  ident: string;
  hostname: string;
  /** Letters of the user's modes in the channel, as the platform names them. */
  modes: string[];
  isChannelAdmin: boolean;
}

/** Modes of a user in a channel. */
export interface UserModes {
  channel: string;
  nick: string;
  modes: string[];
  isChannelAdmin: boolean;
}

/** For {@link queryChannelUsers} and {@link queryUserModes}. */
export interface ConnectorQueryOptions {
  /** Timeout for the connector's answer, in milliseconds. */
  timeoutMs?: number;
  metrics?: NatsMetrics;
  /** Name of the caller, used in errors. */
  producer?: string;
}

interface Question<Answer> {
  platform: string;
  instance: string;
  action: string;
  about: Readonly<Record<string, string>>;
  /** The answer in its documented form; undefined when it has another. */
  read: (answer: Readonly<Record<string, unknown>>) => Answer | undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

type Failure = 'connectorTimeout' | 'connectorUnreachable' | 'connectorError';

/** Queries a connector on its control subject. The subscription to the answer is removed on every outcome. */
async function ask<Answer>(
  nats: NatsClient,
  question: Question<Answer>,
  { timeoutMs, metrics, producer }: ConnectorQueryOptions & { timeoutMs: number },
): Promise<Answer> {
  const { platform, instance, action, about } = question;
  const asked = `${action} to the connector ${platform}/${instance}${producer === undefined ? '' : ` by ${producer}`}`;
  const failure = (code: Failure, what: string, cause?: unknown): EeveeError =>
    new EeveeError(ERROR_CODES[code], `${asked}: ${what}`, { cause });
  const replyChannel = createInbox();
  const answer = Promise.withResolvers<Answer>();
  const end = new AbortController();

  async function send(): Promise<void> {
    const subscription = await nats.subscribe(
      replyChannel,
      (_subject, msg) => {
        const said = readAnswer(msg, question);
        if ('problem' in said) answer.reject(failure('connectorError', said.problem, said.cause));
        else answer.resolve(said.answer);
      },
      { answers: true },
    );
    if (subscription === false) throw failure('connectorUnreachable', 'NATS is not connected');
    const unsubscribe = (): void => void nats.unsubscribe(subscription);
    if (end.signal.aborted) return unsubscribe();
    end.signal.addEventListener('abort', unsubscribe);
    metrics?.recordNatsSubscribe?.('connector.answer');
    subscription.closed.then(() => answer.reject(failure('connectorUnreachable', 'NATS was closed')), answer.reject);
    const sent = await nats.publish(
      connectorControlSubject({ platform, instance }),
      JSON.stringify({ action, data: { ...about, replyChannel } }),
    );
    if (!sent) throw failure('connectorUnreachable', 'NATS did not accept the request');
    metrics?.recordNatsPublish?.(action);
  }

  const timer = setTimeout(() => answer.reject(failure('connectorTimeout', `no response within ${timeoutMs} ms`)), timeoutMs);
  // Not awaited: NATS may take as long to accept the question as the connector takes to answer it.
  send().catch(answer.reject);
  try {
    return await answer.promise;
  } finally {
    clearTimeout(timer);
    end.abort();
  }
}

type Read<Answer> = { readonly answer: Answer } | { readonly problem: string; readonly cause?: unknown };

function readAnswer<Answer>(msg: Msg, { read }: Question<Answer>): Read<Answer> {
  let said: unknown;
  try {
    said = msg.json();
  } catch (error) {
    return { problem: 'its response is not JSON', cause: error };
  }
  if (!isObject(said)) return { problem: 'its response is not an object' };
  const { error } = said;
  if (error !== undefined && error !== null) return { problem: typeof error === 'string' ? error : reasonOf(error) };
  const answer = read(said);
  return answer === undefined ? { problem: 'its response has an unexpected format' } : { answer };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Connectors give modes as a list, or as one string of letters. */
function modes(value: unknown): string[] {
  if (typeof value === 'string') return Array.from(value);
  return Array.isArray(value) ? value.filter((mode): mode is string => typeof mode === 'string') : [];
}

function channelUsers({ users }: Readonly<Record<string, unknown>>): ChannelUser[] | undefined {
  if (!Array.isArray(users)) return undefined;
  return users.filter(isObject).map((user) => ({
    ...user,
    nick: text(user['nick']),
    ident: text(user['ident']),
    hostname: text(user['hostname']),
    modes: modes(user['modes']),
    isChannelAdmin: user['isChannelAdmin'] === true,
  }));
}

/**
 * Users currently in a channel, as reported by its connector.
 *
 * @param options.timeoutMs default 10,000.
 * @throws EeveeError `EEVEE_CONNECTOR_TIMEOUT` when there is no answer in time, `EEVEE_CONNECTOR_ERROR` with the connector's message
 * when it answers with an error, `EEVEE_CONNECTOR_UNREACHABLE` when the question could not be sent.
 * @example
 * const users = await queryChannelUsers(nats, 'irc', 'main', '#eevee');
 * log.info(`${users.length} users are here`);
 */
export function queryChannelUsers(
  nats: NatsClient,
  platform: string,
  instance: string,
  channel: string,
  options: ConnectorQueryOptions = {},
): Promise<ChannelUser[]> {
  return ignorable(
    ask(
      nats,
      { platform, instance, action: 'list-users-in-channel', about: { channel }, read: channelUsers },
      { ...options, timeoutMs: options.timeoutMs ?? 10_000 },
    ),
  );
}

/**
 * Modes of a user in a channel, as reported by its connector.
 *
 * @param options.timeoutMs default 5,000.
 * @throws as {@link queryChannelUsers}.
 * @example
 * const { isChannelAdmin } = await queryUserModes(nats, 'irc', 'main', '#eevee', 'fox');
 */
export function queryUserModes(
  nats: NatsClient,
  platform: string,
  instance: string,
  channel: string,
  nick: string,
  options: ConnectorQueryOptions = {},
): Promise<UserModes> {
  return ignorable(
    ask(
      nats,
      {
        platform,
        instance,
        action: 'get-modes-for-user',
        about: { channel, nick },
        read: (answer) =>
          answer['modes'] === undefined
            ? undefined
            : {
                ...answer,
                channel: text(answer['channel'] ?? channel),
                nick: text(answer['nick'] ?? nick),
                modes: modes(answer['modes']),
                isChannelAdmin: answer['isChannelAdmin'] === true,
              },
      },
      { ...options, timeoutMs: options.timeoutMs ?? 5_000 },
    ),
  );
}

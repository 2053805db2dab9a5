import { randomUUID } from 'node:crypto';
import { SUBJECT } from '@eeveebot/contract';
import type { CommandRegistryReport, NatsClient, RateLimitStats, RouterRequest } from '@eeveebot/libeevee';
import { CliError, EXIT } from '../cli-error.ts';

/** Time limit for the router to answer. */
const TIMEOUT_MS = 2_000;

/** Asks the router. It answers on a fixed subject, with the trace of the request. */
async function ask<Answer extends { readonly trace?: string }>(
  nats: NatsClient,
  action: RouterRequest['action'],
  subject: string,
): Promise<Answer> {
  const trace = randomUUID();
  const answer = Promise.withResolvers<Answer>();
  const subscription = await nats.subscribe(subject, (_subject, msg) => {
    const report = msg.json<Answer>();
    if (report.trace === trace) answer.resolve(report);
  });
  const timer = setTimeout(() => answer.reject(new CliError('the router does not respond: is it running?', EXIT.unavailable)), TIMEOUT_MS);
  try {
    await nats.publish(SUBJECT.routerAdminRequest, JSON.stringify({ action, requester: 'eevee-cli', trace } satisfies RouterRequest));
    return await answer.promise;
  } finally {
    clearTimeout(timer);
    await nats.unsubscribe(subscription);
  }
}

/** The router sends as much as fits into one message. */
const omittedLine = (omitted = 0): string[] => (omitted === 0 ? [] : [`  … and ${omitted} more`]);

/** Lines about what each rate limit has counted. @throws CliError when the router does not answer. */
export async function limitLines(nats: NatsClient): Promise<string[]> {
  const { stats, omitted } = await ask<RateLimitStats>(nats, 'get-ratelimit-stats', SUBJECT.routerRatelimitStats);
  const rows = Object.entries(stats).map(([key, { count, limit, interval, commandName }]) => {
    // After the id of the command comes what the limit counts by.
    const by = key.slice(key.indexOf(':') + 1);
    return `  ${commandName.padEnd(16)}${count} of ${limit} in ${interval}, for ${by}`;
  });
  return rows.length === 0 ? ['No rate limit has counted anything yet.'] : [...rows, ...omittedLine(omitted)];
}

/** Lines about the commands that are registered. @throws CliError when the router does not answer. */
export async function commandLines(nats: NatsClient): Promise<string[]> {
  const { registry, omitted } = await ask<CommandRegistryReport>(nats, 'get-command-registry', SUBJECT.routerCommandRegistry);
  const rows = registry.map(({ commandDisplayName, commandRegex, ratelimit, setAside }) => {
    const limit = ratelimit.limit === 0 ? 'no limit' : `${ratelimit.limit} in ${ratelimit.interval} per ${ratelimit.level}`;
    return `  ${commandDisplayName.padEnd(16)}/${commandRegex.source}/, ${limit}${setAside === undefined ? '' : `; no longer matched: ${setAside}`}`;
  });
  return rows.length === 0 ? ['No module has registered a command.'] : [...rows.toSorted(), ...omittedLine(omitted)];
}

import { SUBJECT } from '@eeveebot/contract';
import type { CommandRegistryReport, RateLimitStats } from '@eeveebot/libeevee';
import type { Routing } from '@eeveebot/libeevee/routing';
import { fitting } from './fitting.ts';

/** Room for the other fields of a report, besides those of the request. */
const ENVELOPE_BYTES = 200;

/** A report, and the subject that it is published on. */
export interface AdminReport {
  readonly subject: string;
  readonly json: string;
}

/** A request to the router, parsed. */
export interface AdminRequest {
  readonly action: string;
  readonly requester: string;
  readonly trace: string;
}

const omittedOf = (omitted: number): { readonly omitted?: number } => (omitted === 0 ? {} : { omitted });

/**
 * The answer to a request on `admin.request.router`, with as many commands or limits as fit into one message; `undefined` for an unknown
 * action.
 *
 * @param maxBytes limit of NATS for a message.
 */
export function adminReport(
  { action, requester, trace }: AdminRequest,
  { admission, registry }: Pick<Routing, 'admission' | 'registry'>,
  maxBytes: number,
): AdminReport | undefined {
  const room = maxBytes - ENVELOPE_BYTES - Buffer.byteLength(JSON.stringify({ requester, trace }));
  switch (action) {
    case 'get-ratelimit-stats': {
      const all = Object.entries(admission.rateLimitStats);
      const limits = fitting(all, room);
      const report: RateLimitStats = {
        action: 'ratelimit-stats',
        stats: Object.fromEntries(limits),
        ...omittedOf(all.length - limits.length),
        requester,
        trace,
      };
      return { subject: SUBJECT.routerRatelimitStats, json: JSON.stringify(report) };
    }
    case 'get-command-registry': {
      const commands = fitting(registry, room);
      const report: CommandRegistryReport = {
        action: 'command-registry',
        registry: commands,
        ...omittedOf(registry.length - commands.length),
        requester,
        trace,
      };
      return { subject: SUBJECT.routerCommandRegistry, json: JSON.stringify(report) };
    }
    default:
      return undefined;
  }
}

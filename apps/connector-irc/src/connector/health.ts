import type { ConnectionStatus } from '../irc/status.ts';

/** Time for which all connections may be down before the connector counts as unhealthy. */
export const PATIENCE_MS = 120_000;

/** A connection, for {@link unhealthyReason}. */
export interface WatchedConnection {
  readonly name: string;
  readonly status: Pick<ConnectionStatus, 'connected' | 'sinceMs' | 'reason'>;
  /** Another replica holds the connection. */
  readonly standsBy: boolean;
}

/**
 * Reason why the connector is unhealthy: no connection was up for two minutes. Undefined when it is healthy.
 *
 * @example
 * unhealthyReason([{ name: 'main', standsBy: false, status: { connected: false, sinceMs: 0, reason: 'ECONNREFUSED' } }], 120_000);
 * // 'no IRC connection: main: ECONNREFUSED'
 */
export function unhealthyReason(connections: readonly WatchedConnection[], nowMs: number): string | undefined {
  if (connections.length === 0) return undefined;
  const isDown = ({ standsBy, status }: WatchedConnection): boolean =>
    !standsBy && !status.connected && nowMs - status.sinceMs >= PATIENCE_MS;
  if (!connections.every(isDown)) return undefined;
  return `no IRC connection: ${connections.map(({ name, status }) => `${name}: ${status.reason ?? 'not connected'}`).join('; ')}`;
}

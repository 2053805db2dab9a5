import type { SessionEnd } from './session-events.ts';

/** State of a connection, as health and stats show it. */
export interface ConnectionStatus {
  readonly connected: boolean;
  readonly host: string;
  /** Attempts after the first one. */
  readonly reconnects: number;
  /** Why it is not connected. */
  readonly reason: string | undefined;
  /** Since when it is or is not connected, on the clock of the connector, as are the other times. */
  readonly sinceMs: number;
  readonly lastConnectMs?: number;
  readonly lastDisconnectMs?: number;
}

/** Receives everything that is logged or counted. */
export interface ConnectionReport {
  connecting(server: { readonly host: string; readonly port: number }, attempt: number): void;
  connected(nick: string): void;
  nick(nick: string): void;
  /** @param next.delayMs until the next attempt; undefined without a next attempt. */
  ended(end: SessionEnd, next: { readonly wasConnected: boolean; readonly delayMs: number | undefined }): void;
  /** The connection is gone, or was not made. */
  disconnected(wasConnected: boolean): void;
  reconfigured(): void;
  channel(channel: string, action: string): void;
  /** @param delayMs until it comes back; undefined: it does not. */
  kicked(channel: string, kick: { readonly by: string; readonly reason: string }, delayMs: number | undefined): void;
  joinRefused(channel: string, reason: string, delayMs: number | undefined): void;
  /** @param isConfigured whether the configuration has the former name. */
  channelRenamed(from: string, to: string, isConfigured: boolean): void;
  sayingRefused(target: string, reason: string): void;
  secretMissing(error: unknown): void;
  expired(lines: number): void;
  /** Lines that waited when the connector stopped were dropped. */
  unsent(lines: number): void;
  /** The bot left the network before the server had read its last lines, as far as is known. */
  unread(lines: number): void;
  /** A line of the connection itself, such as JOIN or KICK, was dropped because too many wait. */
  commandDropped(): void;
  badLine(error: unknown): void;
}

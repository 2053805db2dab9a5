/** Last lines of a server's log. */
export interface RecentLog {
  readonly name: string;
  readonly logFile: string;
  readonly tail: string;
}

/** Servers of this process that have ended, the newest last: a test's own servers are gone by the time it is known to have failed. */
const endedServers: RecentLog[] = [];
const KEPT = 12;

export function rememberLog(log: RecentLog): void {
  endedServers.push(log);
  if (endedServers.length > KEPT) endedServers.shift();
}

/** Returns the recorded logs and clears them. */
export function takeRecentLogs(): RecentLog[] {
  return endedServers.splice(0);
}

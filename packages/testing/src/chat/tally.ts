/** History of one line of a user. Times are of one monotonic clock, in milliseconds. */
export interface LineHistory {
  readonly saidMs: number;
  /** When the IRC server forwarded it to the channel. */
  readonly relayedMs: number | undefined;
  /** Whether the bot was in the channel then. */
  readonly botWasThere: boolean;
  readonly answeredMs: readonly number[];
}

/** A kill and the time until the bot worked again. */
export interface Outage {
  readonly part: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Losses of users in an outage. */
export interface OutageLosses extends Outage {
  /** Lines said in that time. */
  readonly said: number;
  /** The IRC server lost the line, or the bot was not in the channel. */
  readonly lostByIrc: number;
  /** The bot was in the channel: the line or its answer was in transit in a process or connection that was killed. */
  readonly lostInTransit: number;
  readonly doubled: number;
  /** Lines whose answer came after that of a line that was said later. */
  readonly overtaken: number;
}

/** The losses of all outages, and those that no outage explains. */
export interface Tally {
  readonly outages: readonly OutageLosses[];
  /** Neither lost by IRC nor in transit at a kill: a bug. */
  readonly unexplained: readonly LineHistory[];
  /** Answered more than once: a bug. */
  readonly doubled: readonly LineHistory[];
  /** Answered after a line that was said later. */
  readonly overtaken: readonly LineHistory[];
  readonly said: number;
  readonly answered: number;
}

/** Time limit for an answer on a busy machine, even if all others of a run were faster. */
const BUSY_MS = 1_000;

const isLost = ({ answeredMs }: LineHistory): boolean => answeredMs.length === 0;
const isDoubled = ({ answeredMs }: LineHistory): boolean => answeredMs.length > 1;
const isLostByIrc = (line: LineHistory): boolean => isLost(line) && (line.relayedMs === undefined || !line.botWasThere);

/** Lines whose first answer came after that of a line that the IRC server forwarded later. */
function overtakenLines(lines: readonly LineHistory[]): LineHistory[] {
  const latestFirst = lines.toSorted((a, b) => (b.relayedMs ?? 0) - (a.relayedMs ?? 0));
  let earliestMs = Infinity;
  return latestFirst.filter(({ relayedMs, answeredMs: [answeredMs] }) => {
    if (relayedMs === undefined || answeredMs === undefined) return false;
    const isOvertaken = answeredMs > earliestMs;
    earliestMs = Math.min(earliestMs, answeredMs);
    return isOvertaken;
  });
}

/**
 * Assigns lost lines to the outages that explain them. A line was in transit when a part was killed if it was said before, but not longer
 * before than a second, or than the slowest answer took without an outage.
 *
 * @example
 * tally(lines, [{ part: 'router', fromMs: 1_000, toMs: 2_000 }]).unexplained; // []
 */
export function tally(lines: readonly LineHistory[], outages: readonly Outage[]): Tally {
  const isDuring = (timeMs: number, { fromMs, toMs }: Outage): boolean => timeMs >= fromMs && timeMs <= toMs;
  const undisturbed = lines.filter(({ saidMs, answeredMs: [answeredMs] }) => {
    return answeredMs !== undefined && !outages.some(({ fromMs, toMs }) => saidMs <= toMs && answeredMs >= fromMs);
  });
  const longestMs = Math.max(BUSY_MS, ...undisturbed.map(({ saidMs, answeredMs: [answeredMs = saidMs] }) => answeredMs - saidMs));
  const affects = (outage: Outage, { saidMs }: LineHistory): boolean => isDuring(saidMs, { ...outage, fromMs: outage.fromMs - longestMs });
  const overtaken = overtakenLines(lines);
  const losses = outages.map((outage): OutageLosses => {
    const affected = lines.filter((line) => affects(outage, line));
    return {
      ...outage,
      said: lines.filter(({ saidMs }) => isDuring(saidMs, outage)).length,
      lostByIrc: affected.filter(isLostByIrc).length,
      lostInTransit: affected.filter((line) => isLost(line) && !isLostByIrc(line)).length,
      doubled: affected.filter(isDoubled).length,
      overtaken: affected.filter((line) => overtaken.includes(line)).length,
    };
  });
  return {
    outages: losses,
    unexplained: lines.filter((line) => isLost(line) && !outages.some((outage) => affects(outage, line))),
    doubled: lines.filter(isDoubled),
    overtaken,
    said: lines.length,
    answered: lines.filter((line) => !isLost(line)).length,
  };
}

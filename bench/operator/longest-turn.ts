/**
 * Loaded before the operator (`--import`): measures the processor time that its main thread uses between two timers of 1 ms, which is at
 * least that of a turn of the event loop, and writes the longest so far into the file `LONGEST_TURN_FILE` as a {@link Turns}. SIGUSR2 starts
 * over. Unlike the delay of the event loop, this does not include time waiting for a processor.
 */
import { writeFileSync } from 'node:fs';
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** The longest turns so far, in milliseconds of processor time. */
export interface Turns {
  /** With all that Node.js does itself. */
  readonly longestMs: number;
  /** The longest one in which there was no major garbage collection. */
  readonly withoutMajorCollectionMs: number;
}

/** A turn, between two times in milliseconds. */
interface Turn {
  readonly startedMs: number;
  readonly endedMs: number;
  readonly processorMs: number;
}

/** Node.js reports a garbage collection within this time. */
const REPORTED_MS = 500;

function majorCollectionMs(entry: PerformanceEntry): number[] {
  const { kind } = (entry as PerformanceEntry & { readonly detail: { readonly kind: number } }).detail;
  return kind === constants.NODE_PERFORMANCE_GC_MAJOR ? [entry.startTime] : [];
}

function measureTurns(file: string): void {
  let longest: Turns;
  let turns: Turn[] = [];
  let collectionsMs: number[] = [];
  let before = process.threadCpuUsage();
  let beforeMs = performance.now();
  const startOver = (): void => {
    longest = { longestMs: 0, withoutMajorCollectionMs: 0 };
    turns = [];
    writeFileSync(file, JSON.stringify(longest));
    before = process.threadCpuUsage();
  };
  startOver();
  process.on('SIGUSR2', startOver);
  new PerformanceObserver((list) => collectionsMs.push(...list.getEntries().flatMap(majorCollectionMs))).observe({ entryTypes: ['gc'] });
  setInterval(() => {
    const now = process.threadCpuUsage();
    const endedMs = performance.now();
    const processorMs = (now.user - before.user + now.system - before.system) / 1000;
    if (processorMs > longest.withoutMajorCollectionMs) turns.push({ startedMs: beforeMs, endedMs, processorMs });
    [before, beforeMs] = [now, endedMs];
  }, 1).unref();
  setInterval(() => {
    const reportedMs = performance.now() - REPORTED_MS;
    const [judged, open] = [turns.filter(({ endedMs }) => endedMs < reportedMs), turns.filter(({ endedMs }) => endedMs >= reportedMs)];
    const isQuick = ({ startedMs, endedMs }: Turn) => !collectionsMs.some((atMs) => atMs >= startedMs && atMs <= endedMs);
    const most = (of: readonly Turn[], least: number) => Math.max(least, ...of.map(({ processorMs }) => processorMs));
    longest = {
      longestMs: most(judged, longest.longestMs),
      withoutMajorCollectionMs: most(judged.filter(isQuick), longest.withoutMajorCollectionMs),
    };
    turns = open;
    collectionsMs = collectionsMs.filter((atMs) => atMs > reportedMs - REPORTED_MS);
    if (judged.length > 0) writeFileSync(file, JSON.stringify(longest));
  }, REPORTED_MS).unref();
}

const file = process.env['LONGEST_TURN_FILE'];
if (isMainThread && file !== undefined) measureTurns(file);

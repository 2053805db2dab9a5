/**
 * Loaded before the operator (`--import`): measures the processor time that its main thread uses between two timers of 5 ms, which is at
 * least that of a turn of the event loop, and writes the longest so far, in milliseconds, into the file `LONGEST_TURN_FILE`. SIGUSR2 starts
 * over. Unlike the delay of the event loop, this does not include time waiting for a processor.
 */
import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const file = process.env['LONGEST_TURN_FILE'];
if (isMainThread && file !== undefined) {
  let longestMs = 0;
  let before = process.threadCpuUsage();
  const set = (milliseconds: number): void => {
    longestMs = milliseconds;
    writeFileSync(file, longestMs.toFixed(1));
    // Without the time of writing.
    before = process.threadCpuUsage();
  };
  set(0);
  process.on('SIGUSR2', () => set(0));
  setInterval(() => {
    const now = process.threadCpuUsage();
    const milliseconds = (now.user - before.user + now.system - before.system) / 1000;
    before = now;
    if (milliseconds > longestMs) set(milliseconds);
  }, 5).unref();
}

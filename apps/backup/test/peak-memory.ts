import { readFileSync } from 'node:fs';

/** Value of NODE_OPTIONS with which a process writes its peak memory to a file on exit. */
export const reportingPeak = (file: string): string =>
  `--import=data:text/javascript,${encodeURIComponent(
    `import { writeFileSync } from 'node:fs'; const file = ${JSON.stringify(file)}; process.on('exit', () => writeFileSync(file, String(process.resourceUsage().maxRSS)));`,
  )}`;

/** Peak memory written by such a process, in MiB. */
export const peakMebibytes = (file: string): number => Number(readFileSync(file, 'utf8')) / 1024;

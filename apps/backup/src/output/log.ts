import pino, { type Logger } from 'pino';
import type { BackupConfig } from '../settings/config.ts';

/** Creates a logger that writes to standard error; standard output is reserved for results. */
export async function createLog({ logLevel, logFormat }: Pick<BackupConfig, 'logLevel' | 'logFormat'>): Promise<Logger> {
  const options = {
    level: logLevel,
    base: null,
    formatters: { level: (level: string) => ({ level }) },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  if (logFormat === 'json') return pino(options, pino.destination({ dest: 2, sync: true }));
  const { default: pretty } = await import('pino-pretty');
  return pino(options, pretty({ destination: 2, sync: true, colorize: process.stderr.isTTY === true, translateTime: 'SYS:HH:MM:ss' }));
}

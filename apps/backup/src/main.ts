#!/usr/local/bin/node --disable-warning=ExperimentalWarning
/** The tool's process: reads arguments and environment, and nothing else does. */
import { randomUUID } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { BACKUP_EXIT_CODES, TERMINATION_LOG_PATH } from '@eeveebot/contract';
import { Store } from '@eeveebot/object-store';
import { parseInvocation, type Invocation } from './settings/cli.ts';
import { Warnings, type CommandContext } from './command.ts';
import { backup } from './commands/backup.ts';
import { setHold } from './commands/hold.ts';
import { list, listTable } from './commands/list.ts';
import { pruneBackups } from './commands/prune.ts';
import { restore } from './commands/restore.ts';
import { verify, verifyAll } from './commands/verify.ts';
import { parseConfig, type CommandName } from './settings/config.ts';
import { BackupError, failureKind } from './errors.ts';
import { createLog } from './output/log.ts';
import { resultLine, writeTerminationLog } from './output/result.ts';
import { resolvedVolume } from './volume/resolve-volume.ts';

// The heap of short-lived objects stays as small as it begins: a walk over millions of files would make it grow by 70 MiB, and take
// no less time.
setFlagsFromString('--semi-space-growth-factor=1');

type Run = Exclude<Invocation, { print: string }>;

async function main(): Promise<void> {
  // First of all: PID 1 of a container has no default for signals, and one that comes before a handler is lost.
  const signal = terminationSignal();
  const invocation = parseInvocation(process.argv.slice(2), process.env);
  if ('print' in invocation) return void process.stdout.write(invocation.print);
  const outcome = await run(invocation, signal);
  report(outcome);
  const code = exitCode(invocation.command, outcome);
  if (code !== BACKUP_EXIT_CODES.done) process.exitCode = code;
}

function report(outcome: object): void {
  const problem = writeTerminationLog(TERMINATION_LOG_PATH, outcome);
  if (problem !== undefined) process.stderr.write(`eevee-backup: ${problem}\n`);
  process.stdout.write(`${resultLine(outcome)}\n`);
}

/** Some results are neither an error nor a success: a backup that lacks files, or several verifications of which one failed. */
function exitCode(command: CommandName, outcome: object): number {
  if (command === 'backup' && 'leftOut' in outcome) return BACKUP_EXIT_CODES.incomplete;
  if (command === 'verify' && 'failed' in outcome && outcome.failed !== 0) return BACKUP_EXIT_CODES.integrity;
  return BACKUP_EXIT_CODES.done;
}

async function run({ command, environment, dryRun, all }: Run, signal: AbortSignal): Promise<object> {
  const terminal = process.stderr.isTTY === true;
  const parsed = parseConfig(command, environment, { terminal });
  const config = command === 'backup' || command === 'restore' ? { ...parsed, volume: resolvedVolume(parsed.volume) } : parsed;
  const log = await createLog(config);
  const store = await Store.open(config.store, {
    ...(config.proxies === undefined ? {} : { proxies: config.proxies }),
    retry: { onRetry: (error, delayMs) => log.warn({ delayMs }, `${error.message}; trying again`) },
  });
  const context: CommandContext = { config, store, log, signal, terminal, now: () => new Date(), newId: randomUUID };
  try {
    switch (command) {
      case 'backup':
        return await backup(context);
      case 'restore':
        return await restore(context);
      case 'verify':
        return all ? await verifyAll(context) : await verify(context);
      case 'prune': {
        const { result, refusal } = await pruneBackups(context, { dryRun, warnings: new Warnings(log) });
        if (refusal !== undefined) process.exitCode = BACKUP_EXIT_CODES[failureKind(refusal)];
        return result;
      }
      case 'hold':
      case 'release':
        return await setHold(context, command === 'hold');
      case 'list': {
        const listed = await list(context);
        if (process.stdout.isTTY) process.stdout.write(`${listTable(listed.backups)}\n`);
        return listed;
      }
    }
  } catch (error) {
    // Whatever an abort breaks, the abort is why.
    throw signal.aborted ? signal.reason : error;
  } finally {
    store.close();
  }
}

/** Aborted by the first SIGTERM or SIGINT; a second ends the process at once. */
function terminationSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(BACKUP_EXIT_CODES.terminated);
      controller.abort(new BackupError('terminated', `ended by ${name}`));
    });
  }
  return controller.signal;
}

try {
  await main();
} catch (error) {
  const outcome = {
    error: error instanceof Error ? error.message : String(error),
    ...(error instanceof BackupError && error.backupId !== undefined ? { id: error.backupId } : {}),
  };
  process.stderr.write(`eevee-backup: ${outcome.error}\n`);
  report(outcome);
  process.exitCode = BACKUP_EXIT_CODES[failureKind(error)];
}

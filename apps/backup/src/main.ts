#!/usr/local/bin/node --disable-warning=ExperimentalWarning
/** Entry point of the tool, and the only place that reads arguments and environment. */
import { randomUUID } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { BACKUP_EXIT_CODES, defined, TERMINATION_LOG_PATH, messageOf } from '@eeveebot/contract';
import { Store } from '@eeveebot/object-store';
import { parseInvocation, type Invocation } from './settings/cli.ts';
import type { CommandContext } from './commands/context.ts';
import { backup } from './commands/backup.ts';
import { setHold } from './commands/hold.ts';
import { list, listTable } from './commands/list.ts';
import { pruneBackups } from './commands/prune.ts';
import { restore } from './commands/restore.ts';
import { verify, verifyAll } from './commands/verify.ts';
import { parseConfig, type CommandName } from './settings/config.ts';
import { BackupError, failureKind, isBug } from './errors.ts';
import { createLog } from './output/log.ts';
import { resultLine, writeTerminationLog } from './output/result.ts';
import { Warnings } from './output/warnings.ts';
import { resolveVolume } from './volume/resolve-volume.ts';

// Keeps the young generation at its initial size: walking millions of files would grow it by 70 MiB without saving time.
setFlagsFromString('--semi-space-growth-factor=1');

type Run = Exclude<Invocation, { print: string }>;

async function main(): Promise<void> {
  // First, because PID 1 of a container has no default signal handling: a signal before the handler is installed is lost.
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

/** Some results are neither success nor error: an incomplete backup, or several verifications of which one failed or was skipped. */
function exitCode(command: CommandName, outcome: object): number {
  if (command === 'backup' && 'leftOut' in outcome) return BACKUP_EXIT_CODES.incomplete;
  if (command === 'verify' && 'failed' in outcome && outcome.failed !== 0) return BACKUP_EXIT_CODES.integrity;
  if (command === 'verify' && 'skipped' in outcome && outcome.skipped !== 0) return BACKUP_EXIT_CODES.usage;
  return BACKUP_EXIT_CODES.done;
}

async function run(invocation: Run, signal: AbortSignal): Promise<object> {
  const { command, environment } = invocation;
  const terminal = process.stderr.isTTY === true;
  const parsed = parseConfig(command, environment, { terminal });
  const config = command === 'backup' || command === 'restore' ? { ...parsed, volume: resolveVolume(parsed.volume) } : parsed;
  const log = await createLog(config);
  const store = await Store.open(config.store, {
    ...defined({ proxies: config.proxies }),
    retry: { onRetry: (error, delayMs) => log.warn({ delayMs }, `${error.message}; retrying`) },
  });
  const context: CommandContext = { config, store, log, signal, terminal, now: () => new Date(), newId: randomUUID };
  try {
    return await runCommand(invocation, context);
  } catch (error) {
    // After an abort, its reason is the cause of any error. An error that names it as its cause states more, such as what became of the data.
    throw signal.aborted && !isCausedBy(error, signal.reason) ? signal.reason : error;
  } finally {
    store.close();
  }
}

async function runCommand({ command, dryRun, all }: Run, context: CommandContext): Promise<object> {
  switch (command) {
    case 'backup':
      return backup(context);
    case 'restore':
      return restore(context);
    case 'verify':
      return all ? verifyAll(context) : verify(context);
    case 'prune': {
      const { result, refusal } = await pruneBackups(context, { dryRun, warnings: new Warnings(context.log) });
      if (refusal !== undefined) process.exitCode = BACKUP_EXIT_CODES[failureKind(refusal)];
      return result;
    }
    case 'hold':
    case 'release':
      return setHold(context, command === 'hold');
    case 'list': {
      const listed = await list(context);
      if (process.stdout.isTTY) process.stdout.write(`${listTable(listed.backups)}\n`);
      return listed;
    }
  }
}

function isCausedBy(error: unknown, reason: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (at === reason) return true;
  return false;
}

/** A signal that is aborted by the first SIGTERM or SIGINT; a second one ends the process immediately. */
function terminationSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(BACKUP_EXIT_CODES.terminated);
      controller.abort(new BackupError('terminated', `terminated by ${name}`));
    });
  }
  return controller.signal;
}

main().catch((error: unknown) => {
  const outcome = {
    error: messageOf(error),
    ...(error instanceof BackupError && error.backupId !== undefined ? { id: error.backupId } : {}),
  };
  process.stderr.write(`eevee-backup: ${outcome.error}\n`);
  if (isBug(error) && error instanceof Error) process.stderr.write(`this is a bug, please report it: ${error.stack}\n`);
  report(outcome);
  process.exitCode = BACKUP_EXIT_CODES[failureKind(error)];
});

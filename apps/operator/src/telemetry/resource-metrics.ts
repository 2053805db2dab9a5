import { Counter, Gauge, type Registry } from 'prom-client';

/** A value of a resource. */
export interface Reading {
  readonly namespace: string;
  readonly name: string;
  readonly value: number;
}

/** Readings of resources, taken on each scrape: deleted resources are not reported. */
export interface ResourceReadings {
  /** 1 for each BotModule that is Ready, otherwise 0. */
  modulesReady(): Iterable<Reading>;
  /** When each BotModule was last backed up, in seconds since 1970; before the first backup of one that has a BackupSchedule, when it was created. */
  lastBackupTimes(): Iterable<Reading>;
  /** Size of the last backup of each BotModule, if known. */
  lastBackupSizesBytes(): Iterable<Reading>;
  /** For each BotModule with a BackupSchedule: 1 when its last backup succeeded, 0 when it did not or before the first backup. */
  lastBackupResults(): Iterable<Reading>;
  /** For each BotModule with a BackupSchedule: the longest time between two runs, in seconds; 0 while it is suspended. */
  expectedBackupIntervalsSeconds(): Iterable<Reading>;
  /** For each BotModule with verified backups: time of the last successful verification, in seconds since 1970; 0 before the first. */
  lastVerifiedTimes(): Iterable<Reading>;
  /** For each BotModule with a finished verification: 1 if the last one succeeded, otherwise 0. */
  lastVerificationResults(): Iterable<Reading>;
  /** 1 for each IpcConfig that is Ready, otherwise 0. */
  ipcConfigsReady(): Iterable<Reading>;
  /** 1 for each BackupRestore that failed, otherwise 0. */
  restoresFailed(): Iterable<Reading>;
  /** 1 for each S3Store that is Ready, otherwise 0. */
  storesUp(): Iterable<Reading>;
  /** Number of restarts of each BotModule over HTTP. */
  restarts(): Iterable<Reading>;
}

/** Time that taking readings may occupy the process for, before other work continues. */
const SLICE_MS = 5;

/** All readings. Some take milliseconds to compute, and there are those of thousands of resources. */
async function inSlices(readings: Iterable<Reading>): Promise<readonly Reading[]> {
  const taken: Reading[] = [];
  let sliceEndsMs = performance.now() + SLICE_MS;
  for (const reading of readings) {
    taken.push(reading);
    if (performance.now() < sliceEndsMs) continue;
    await new Promise((resolve) => setImmediate(resolve));
    sliceEndsMs = performance.now() + SLICE_MS;
  }
  return taken;
}

/** Adds the metrics of resources to a registry. */
export function registerResourceMetrics(registry: Registry, readings: ResourceReadings): void {
  const gauge = (name: string, help: string, read: () => Iterable<Reading>) =>
    new Gauge({
      name,
      help,
      labelNames: ['namespace', 'name'],
      registers: [registry],
      async collect() {
        const taken = await inSlices(read());
        this.reset();
        for (const { value, ...labels } of taken) this.set(labels, value);
      },
    });
  const counter = (name: string, help: string, read: () => Iterable<Reading>) =>
    new Counter({
      name,
      help,
      labelNames: ['namespace', 'name'],
      registers: [registry],
      async collect() {
        const taken = await inSlices(read());
        this.reset();
        for (const { value, ...labels } of taken) this.inc(labels, value);
      },
    });
  gauge('eevee_botmodule_ready', '1 while the BotModule is Ready; absent for disabled modules.', () => readings.modulesReady());
  gauge(
    'eevee_backup_last_success_timestamp_seconds',
    'When the BotModule was last backed up successfully; before its first backup, the time when it was created.',
    () => readings.lastBackupTimes(),
  );
  gauge('eevee_backup_size_bytes', 'Size of the last backup of the BotModule.', () => readings.lastBackupSizesBytes());
  gauge(
    'eevee_backup_last_result',
    '1 when the last backup of the BotModule succeeded; 0 when it failed or lacks files, or before the first one ended.',
    () => readings.lastBackupResults(),
  );
  gauge(
    'eevee_backup_expected_interval_seconds',
    'Longest time between two scheduled backups of the BotModule; 0 while its BackupSchedule is suspended.',
    () => readings.expectedBackupIntervalsSeconds(),
  );
  gauge(
    'eevee_backup_last_verified_timestamp_seconds',
    'When a backup of the BotModule was last verified successfully; 0 before the first verification.',
    () => readings.lastVerifiedTimes(),
  );
  gauge(
    'eevee_backup_last_verification_result',
    '1 when the last verification of a backup of the BotModule succeeded, 0 when it failed.',
    () => readings.lastVerificationResults(),
  );
  gauge('eevee_ipcconfig_ready', '1 while the IpcConfig is Ready.', () => readings.ipcConfigsReady());
  gauge('eevee_backuprestore_failed', '1 when the BackupRestore failed.', () => readings.restoresFailed());
  gauge('eevee_s3store_up', '1 while the S3Store responds and accepts its credentials.', () => readings.storesUp());
  counter('eevee_operator_module_restarts_total', 'Restarts of the BotModule requested over the HTTP API.', () => readings.restarts());
}

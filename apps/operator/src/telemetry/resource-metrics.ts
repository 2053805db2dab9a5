import { Counter, Gauge, type Registry } from 'prom-client';

/** A value that belongs to a resource. */
export interface Reading {
  readonly namespace: string;
  readonly name: string;
  readonly value: number;
}

/** What is told of resources, read when metrics are asked for: so of those that are gone nothing is told. */
export interface ResourceReadings {
  /** Of BotModules: 1 when Ready. */
  modulesReady(): Iterable<Reading>;
  /** Of BotModules that were backed up: seconds since 1970. */
  lastBackupTimes(): Iterable<Reading>;
  /** Of BotModules that were backed up, where it is known. */
  lastBackupSizesBytes(): Iterable<Reading>;
  /** Of S3Stores: 1 when Ready. */
  storesUp(): Iterable<Reading>;
  /** Of BotModules that were restarted. */
  restarts(): Iterable<Reading>;
}

/** Adds the metrics of resources to a registry. */
export function registerResourceMetrics(registry: Registry, readings: ResourceReadings): void {
  const gauge = (name: string, help: string, read: () => Iterable<Reading>) =>
    new Gauge({
      name,
      help,
      labelNames: ['namespace', 'name'],
      registers: [registry],
      collect() {
        this.reset();
        for (const { value, ...labels } of read()) this.set(labels, value);
      },
    });
  const counter = (name: string, help: string, read: () => Iterable<Reading>) =>
    new Counter({
      name,
      help,
      labelNames: ['namespace', 'name'],
      registers: [registry],
      collect() {
        this.reset();
        for (const { value, ...labels } of read()) this.inc(labels, value);
      },
    });
  gauge('eevee_botmodule_ready', '1 while the BotModule is Ready; nothing of one that is disabled.', () => readings.modulesReady());
  gauge('eevee_backup_last_success_timestamp_seconds', 'When the BotModule was last backed up.', () => readings.lastBackupTimes());
  gauge('eevee_backup_size_bytes', 'Size of the last backup of the BotModule.', () => readings.lastBackupSizesBytes());
  gauge('eevee_s3store_up', '1 while the S3Store answers and takes its credentials.', () => readings.storesUp());
  counter('eevee_operator_module_restarts_total', 'Restarts of the BotModule that were asked for over HTTP.', () => readings.restarts());
}

import type { TokenScope } from '../api-token.ts';
import type { Backup, BackupStarted, Done, ModuleReference, ModuleSummary } from './schemas.ts';

/** A module, and who asks about it. */
export interface ModuleRequest extends ModuleReference {
  readonly scope: TokenScope;
  /** Aborted when whoever asked has gone. */
  readonly signal: AbortSignal;
}

/** What the HTTP API can do. Whatever cannot be done is a `RequestError`. */
export interface Operations {
  /** All modules in scope, by namespace and name: no request to the API server. */
  modules(scope: TokenScope): readonly ModuleSummary[];
  /** Replaces a module's pods, one after the other where its strategy has it so. */
  restart(request: ModuleRequest): Promise<Done>;
  /** Starts a backup of a module that names a BackupSchedule. */
  backupNow(request: ModuleRequest): Promise<BackupStarted>;
  /** A module's backups in the stores it names, the newest first. */
  backups(request: ModuleRequest): Promise<readonly Backup[]>;
}

import type { TokenScope } from '../api-token/api-tokens.ts';
import type { Backup, BackupStarted, Done, ModuleReference, ModuleSummary } from './schemas.ts';

/** A request about a module, with the scope of its client. */
export interface ModuleRequest extends ModuleReference {
  readonly scope: TokenScope;
  /** Aborted when the client disconnected. */
  readonly signal: AbortSignal;
}

/** Operations of the HTTP API. An operation that cannot be carried out throws a `RequestError`. */
export interface Operations {
  /** All modules in scope, sorted by namespace and name, without a request to the API server. */
  modules(scope: TokenScope): readonly ModuleSummary[];
  /** Replaces a module's pods, one after the other if its strategy does so. */
  restart(request: ModuleRequest): Promise<Done>;
  /** Starts a backup of a module that names a BackupSchedule. */
  backupNow(request: ModuleRequest): Promise<BackupStarted>;
  /** A module's backups in the stores that it names, newest first. */
  backups(request: ModuleRequest): Promise<readonly Backup[]>;
}

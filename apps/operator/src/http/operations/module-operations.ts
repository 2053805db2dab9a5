/** Operations of the HTTP API: request → its module (`find-module.ts`) → one file per operation → errors mapped to responses. */
import { labelValue, messageOf } from '@eeveebot/contract';
import type { BotModule } from '@eeveebot/crds';
import { BY_MODULE } from '../../backup-jobs/indexes.ts';
import type { Client } from '../../controller/api/client.ts';
import type { ApiWriter } from '../../controller/apply/api-writer.ts';
import { ApiError, ConnectionError, NotLeaderError, GivenUpError, NotSyncedError } from '../../controller/errors.ts';
import { BOT_MODULE, MODULE_POD } from '../../resource-types/kinds.ts';
import type { RestartCounts } from '../../metric-readings/restart-counts.ts';
import type { ModuleRequest, Operations } from '../operations.ts';
import { RequestError } from '../request-error.ts';
import { startBackup } from './backup-now.ts';
import type { OperationDeps } from './deps.ts';
import { requestedModule } from './find-module.ts';
import { moduleBackups } from './list-backups.ts';
import { moduleSummary } from './module-summary.ts';
import { restartModule } from './restart.ts';

/** Timeout of a request to Kubernetes or to a store on behalf of an HTTP request. */
const PATIENCE_MS = 30_000;

/** Errors because of which a request may succeed later, or when it is sent to another operator. Their messages say so. */
const UNAVAILABLE = [NotLeaderError, NotSyncedError, GivenUpError];

/** Implements the operations of the HTTP API. */
export function moduleOperations(
  deps: OperationDeps & {
    readonly client: Pick<Client, 'guardedBy'>;
    readonly writer: Pick<ApiWriter, 'guardedBy'>;
    /** The operator's own namespace. */
    readonly namespace: string;
    readonly restarts: RestartCounts;
    /** Description of the other operator that works in a namespace, or may begin there: nothing is changed there then. */
    readonly rivalIn: (namespace: string) => string | undefined;
  },
): Operations {
  const { cache, namespace, restarts, rivalIn } = deps;
  /** The requested module, and dependencies that check before each change whether this operator may work in its namespace. */
  const toChange = (request: ModuleRequest): { readonly module: BotModule; readonly guarded: OperationDeps } => {
    const module = requestedModule(request, cache, namespace);
    const permit = () => {
      const rival = rivalIn(module.metadata.namespace);
      if (rival !== undefined) throw new NotLeaderError(rival);
    };
    permit();
    return { module, guarded: { ...deps, client: deps.client.guardedBy(permit), writer: deps.writer.guardedBy(permit) } };
  };
  const patient = ({ signal }: ModuleRequest) => AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  return {
    modules: (scope) =>
      mapErrors(() =>
        cache
          .store(BOT_MODULE)
          .list(scope.namespace)
          .toSorted(({ metadata: a }, { metadata: b }) => a.namespace.localeCompare(b.namespace) || a.name.localeCompare(b.name))
          .map((module) => {
            const { metadata } = module;
            return moduleSummary(module, cache.store(MODULE_POD).byIndex(BY_MODULE, `${metadata.namespace}/${labelValue(metadata.name)}`));
          }),
      ),
    restart: (request) =>
      mapErrorsAsync(async () => {
        const { module, guarded } = toChange(request);
        const done = await restartModule(module, guarded, patient(request));
        restarts.count(module);
        return done;
      }),
    backupNow: (request) =>
      mapErrorsAsync(async () => {
        const { module, guarded } = toChange(request);
        return startBackup(module, guarded, patient(request));
      }),
    backups: (request) => mapErrorsAsync(() => moduleBackups(requestedModule(request, cache, namespace), deps, patient(request))),
  };
}

function mapErrors<T>(operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    throw requestErrorOf(error);
  }
}

async function mapErrorsAsync<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw requestErrorOf(error);
  }
}

/** Maps a failure to the error that the client gets. */
function requestErrorOf(error: unknown): unknown {
  if (error instanceof ApiError) return new RequestError(502, 'Bad Gateway', `the Kubernetes API server responded: ${error.message}`);
  if (UNAVAILABLE.some((kind) => error instanceof kind)) return new RequestError(503, 'Service Unavailable', messageOf(error));
  if (error instanceof ConnectionError) return new RequestError(503, 'Service Unavailable', 'the Kubernetes API server does not respond');
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return new RequestError(503, 'Service Unavailable', `the request was not completed within ${PATIENCE_MS / 1000} s`);
  }
  return error;
}

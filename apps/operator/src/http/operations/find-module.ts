import type { BotModule } from '@eeveebot/crds';
import { MODULES_BY_MODULE_NAME } from '../../backup-jobs/target.ts';
import type { CacheReader } from '../../controller/cache/cache-reader.ts';
import { BOT_MODULE } from '../../resource-types/kinds.ts';
import type { ModuleRequest } from '../operations.ts';
import { RequestError } from '../request-error.ts';

/**
 * The module that a request names: the one of this name, or otherwise the only one with this `spec.moduleName`.
 *
 * @param ownNamespace the operator's: searched unless the request or its token names another.
 * @throws RequestError 403, 404, 409
 */
export function requestedModule(
  { moduleName, namespace: asked, scope }: ModuleRequest,
  cache: CacheReader,
  ownNamespace: string,
): BotModule {
  if (scope.namespace !== undefined && asked !== undefined && asked !== scope.namespace) {
    throw new RequestError(403, 'Forbidden', `this token gives access only to namespace ${scope.namespace}`);
  }
  const namespace = asked ?? scope.namespace ?? ownNamespace;
  const store = cache.store(BOT_MODULE);
  const isThere = ({ metadata }: BotModule) => metadata.deletionTimestamp === undefined;
  const named = store.get({ namespace, name: moduleName });
  if (named !== undefined && isThere(named)) return named;
  const [found, ...others] = store.byIndex(MODULES_BY_MODULE_NAME, `${namespace}/${moduleName}`).filter(isThere);
  if (found === undefined) {
    throw new RequestError(
      404,
      'Not Found',
      `there is no BotModule ${moduleName} in namespace ${namespace}, and no BotModule with this spec.moduleName`,
    );
  }
  if (others.length === 0) return found;
  const names = [found, ...others].map(({ metadata }) => metadata.name).toSorted();
  throw new RequestError(409, 'Conflict', `${names.join(', ')} have the spec.moduleName ${moduleName}: use one of these names instead`);
}

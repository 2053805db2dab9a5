import { commonLabels, OPERATOR_API_TOKEN_SECRET_NAME } from '@eeveebot/contract';
import type { BotModule } from '@eeveebot/crds';
import type { KubeObject } from '../controller/objects/kube-object.ts';
import { controllerOf } from '../controller/objects/owners.ts';
import { type ControllerDefinition, type Reconcile, defineWatch } from '../controller/run/definition.ts';
import { BOT_MODULE } from '../resource-types/kinds.ts';
import { SECRET } from '../resource-types/kubernetes.ts';
import { desiredTokenSecret } from './token-secret.ts';

/** Index of the BotModules that mount a token, by their namespace. */
const TOKEN_USERS = 'apiTokenUsers';

/** Source of the tokens for the operator's HTTP API that modules mount. */
export interface ApiTokenSettings {
  /** The operator's own namespace. It contains the Secret with the operator's own token, which the user or a chart creates. */
  readonly namespace: string;
  /** The token of another namespace; `undefined` while the operator itself has none. */
  readonly apiTokenFor: (namespace: string) => string | undefined;
}

/**
 * Keeps a Secret with a namespace's own token in each namespace where a module mounts one: the operator's token is valid in all namespaces,
 * and must not be readable from others. A Secret of that name from another client is used as is.
 */
export function apiTokenController(settings: ApiTokenSettings): ControllerDefinition {
  return {
    name: 'apitoken',
    type: BOT_MODULE,
    indexes: { [TOKEN_USERS]: ({ metadata, spec }: BotModule) => (spec.mountOperatorApiToken ? [metadata.namespace] : []) },
    watches: [
      defineWatch({
        type: SECRET,
        keysFor: ({ metadata: { namespace = '', name } }) => (name === OPERATOR_API_TOKEN_SECRET_NAME ? [{ namespace, name }] : []),
      }),
    ],
    reconcile: apiTokenReconciler(settings),
  };
}

/** Uses only the namespace of the key: one Secret serves all modules in it. */
function apiTokenReconciler(settings: ApiTokenSettings): Reconcile {
  return async ({ namespace }, { cache, writer, signal }) => {
    if (namespace === settings.namespace) return;
    const existing = cache.store(SECRET).get({ namespace, name: OPERATOR_API_TOKEN_SECRET_NAME });
    if (existing !== undefined && !isOurs(existing)) return;
    const users = cache
      .store(BOT_MODULE)
      .byIndex(TOKEN_USERS, namespace)
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const token = settings.apiTokenFor(namespace);
    if (users.length > 0 && token !== undefined) await writer.apply(SECRET, desiredTokenSecret({ namespace, token, users }), signal);
    else if (existing !== undefined) await writer.delete(SECRET, existing, signal);
  };
}

const isOurs = ({ metadata }: KubeObject): boolean =>
  controllerOf({ metadata }) === undefined &&
  Object.entries(commonLabels({ name: 'operator-api-token', instance: metadata.namespace ?? '', component: 'api-token' })).every(
    ([label, value]) => metadata.labels?.[label] === value,
  );

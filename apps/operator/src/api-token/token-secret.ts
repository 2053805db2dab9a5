import { API_GROUP_VERSION, commonLabels, OPERATOR_API_TOKEN_SECRET_KEY, OPERATOR_API_TOKEN_SECRET_NAME } from '@eeveebot/contract';
import type { BotModule } from '@eeveebot/crds';
import type { Desired } from '../controller/objects/desired.ts';
import type { Secret } from '../resource-types/kubernetes.ts';

/** The Secret with the token of a namespace. It is deleted with the last module that mounts it. */
export function desiredTokenSecret(given: {
  readonly namespace: string;
  readonly token: string;
  readonly users: readonly BotModule[];
}): Desired<Secret> {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: OPERATOR_API_TOKEN_SECRET_NAME,
      namespace: given.namespace,
      labels: commonLabels({ name: 'operator-api-token', instance: given.namespace, component: 'api-token' }),
      // None of them is the controller: an object can have only one.
      ownerReferences: given.users
        .map(({ metadata }) => ({ apiVersion: API_GROUP_VERSION, kind: 'BotModule', name: metadata.name, uid: metadata.uid ?? '' }))
        .toSorted((a, b) => a.name.localeCompare(b.name)),
    },
    data: { [OPERATOR_API_TOKEN_SECRET_KEY]: Buffer.from(given.token, 'utf8').toString('base64') },
  };
}

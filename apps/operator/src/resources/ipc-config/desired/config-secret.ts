import { natsConfigSecretName } from '@eeveebot/contract';
import type { IpcConfig } from '@eeveebot/crds';
import type { Desired } from '../../../controller/types.ts';
import type { Secret } from '../../../kubernetes.ts';
import { ipcOwner, natsLabels } from './metadata.ts';
import { natsConf } from './nats-conf.ts';
import { routeHosts } from './services.ts';
import { natsTopology } from './topology.ts';

/** Key of the configuration in its Secret, and so its file name in the pod. */
export const NATS_CONF_FILE = 'nats.conf';

/** The Secret with the server's configuration: a Secret, since the token is in it. */
export function desiredConfigSecret({ ipcConfig, token }: { readonly ipcConfig: IpcConfig; readonly token: string }): Desired<Secret> {
  const conf = natsConf({ token, topology: natsTopology(ipcConfig), routes: routeHosts(ipcConfig) });
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: natsConfigSecretName(ipcConfig.metadata.name),
      namespace: ipcConfig.metadata.namespace,
      labels: natsLabels(ipcConfig),
      ownerReferences: [ipcOwner(ipcConfig)],
    },
    data: { [NATS_CONF_FILE]: Buffer.from(conf, 'utf8').toString('base64') },
  };
}

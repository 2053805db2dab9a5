import { natsHeadlessServiceName, natsName, natsSelector } from '@eeveebot/contract';
import type { IpcConfig } from '@eeveebot/crds';
import type { Desired } from '../../../controller/objects/desired.ts';
import type { Service } from '../../../resource-types/kubernetes.ts';
import { ipcOwner, natsLabels } from './metadata.ts';
import { NATS_PORTS } from './nats-conf.ts';
import { natsTopology } from './topology.ts';

/** The Service that clients connect to. */
export function desiredService(ipcConfig: IpcConfig): Desired<Service> {
  return {
    ...service(ipcConfig, natsName(ipcConfig.metadata.name)),
    spec: { selector: natsSelector(ipcConfig.metadata.name), ports: [servicePort('client'), servicePort('management')] },
  };
}

/** The Service that gives each server of a StatefulSet its own DNS name; `undefined` for a Deployment. */
export function desiredHeadlessService(ipcConfig: IpcConfig): Desired<Service> | undefined {
  if (!natsTopology(ipcConfig).stateful) return undefined;
  return {
    ...service(ipcConfig, natsHeadlessServiceName(ipcConfig.metadata.name)),
    spec: {
      clusterIP: 'None',
      // Servers must find each other before they are ready; otherwise none would ever be.
      publishNotReadyAddresses: true,
      selector: natsSelector(ipcConfig.metadata.name),
      ports: [servicePort('client'), servicePort('management'), servicePort('cluster')],
    },
  };
}

/** Host names of all servers of a cluster, resolvable in the IpcConfig's namespace; empty for one server. */
export function routeHosts(ipcConfig: IpcConfig): readonly string[] {
  const { replicas } = natsTopology(ipcConfig);
  if (replicas < 2) return [];
  const { name, namespace } = ipcConfig.metadata;
  return Array.from({ length: replicas }, (_, ordinal) => `${natsName(name)}-${ordinal}.${natsHeadlessServiceName(name)}.${namespace}.svc`);
}

function service(ipcConfig: IpcConfig, name: string): Omit<Desired<Service>, 'spec'> {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name,
      namespace: ipcConfig.metadata.namespace,
      labels: natsLabels(ipcConfig),
      ownerReferences: [ipcOwner(ipcConfig)],
    },
  };
}

const servicePort = (name: keyof typeof NATS_PORTS) => ({ name, port: NATS_PORTS[name], targetPort: name, protocol: 'TCP' });

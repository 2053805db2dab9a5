import {
  defined,
  MODULE_PORT_NAME,
  moduleDisruptionBudgetName,
  modulePodMonitorName,
  moduleSelector,
  moduleServiceName,
} from '@eeveebot/contract';
import type { BotModule } from '@eeveebot/crds';
import type { Desired } from '../../../controller/objects/desired.ts';
import type { PodDisruptionBudget, Service } from '../../../resource-types/kubernetes.ts';
import { moduleLabels, moduleOwner } from './metadata.ts';
import { POD_MONITOR, type PodMonitor } from './pod-monitor.ts';

/** The Service of a module; `undefined` when its spec has none or it is disabled. */
export function desiredService(module: BotModule): Desired<Service> | undefined {
  const { service, metricsPort, enabled } = module.spec;
  if (service === undefined || !enabled) return undefined;
  const { annotations, ports = [], port = metricsPort } = service;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      ...metadata(module, moduleServiceName(module.metadata.name)),
      ...defined({ annotations }),
    },
    spec: {
      type: service.type,
      selector: moduleSelector(module.metadata.name),
      ports: [
        { name: MODULE_PORT_NAME, port, targetPort: MODULE_PORT_NAME, protocol: 'TCP' },
        ...ports.map((further) => ({ ...further, targetPort: further.targetPort ?? further.port, protocol: 'TCP' })),
      ],
    },
  };
}

/** Keeps a drain from stopping all pods of a module at once; `undefined` for one pod, whose node could then not be drained. */
export function desiredDisruptionBudget(module: BotModule): Desired<PodDisruptionBudget> | undefined {
  const { size, enabled } = module.spec;
  if (size < 2 || !enabled) return undefined;
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadata(module, moduleDisruptionBudgetName(module.metadata.name)),
    // A pod that is not ready must not keep its node from being drained.
    spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: { matchLabels: moduleSelector(module.metadata.name) } },
  };
}

/** The PodMonitor of a module; `undefined` when its spec asks for none or it is disabled. */
export function desiredPodMonitor(module: BotModule): Desired<PodMonitor> | undefined {
  const { podMonitor, enabled } = module.spec;
  if (podMonitor === undefined || !podMonitor.enabled || !enabled) return undefined;
  const { interval, scrapeTimeout, labels } = podMonitor;
  const common = metadata(module, modulePodMonitorName(module.metadata.name));
  return {
    apiVersion: POD_MONITOR.apiVersion,
    kind: POD_MONITOR.kind,
    metadata: { ...common, labels: { ...labels, ...common.labels } },
    spec: {
      selector: { matchLabels: moduleSelector(module.metadata.name) },
      podMetricsEndpoints: [
        {
          port: MODULE_PORT_NAME,
          path: '/metrics',
          ...defined({ interval, scrapeTimeout }),
        },
      ],
    },
  };
}

const metadata = (module: BotModule, name: string) => ({
  name,
  namespace: module.metadata.namespace,
  labels: moduleLabels(module),
  ownerReferences: [moduleOwner(module)],
});

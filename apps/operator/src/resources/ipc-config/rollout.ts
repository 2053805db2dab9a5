import { ANNOTATION } from '@eeveebot/contract';
import { deploymentHealth, statefulSetHealth, type WorkloadHealth } from '../../diagnosis/workload-health.ts';
import { natsTopology } from './desired/topology.ts';
import type { ObservedIpc } from './observe.ts';

/** Health of the desired layout's workload; `undefined` before it exists. */
export function natsHealth({ ipcConfig, deployment, statefulSet, pods, eventCauses }: ObservedIpc): WorkloadHealth | undefined {
  if (natsTopology(ipcConfig).stateful) return statefulSet && statefulSetHealth(statefulSet, pods, eventCauses);
  return deployment && deploymentHealth(deployment, pods, eventCauses);
}

/** Whether all servers run with the configuration that has this checksum. */
export function runsConfiguration(observed: ObservedIpc, checksum: string): boolean {
  const workload = natsTopology(observed.ipcConfig).stateful ? observed.statefulSet : observed.deployment;
  const asked = workload?.metadata.annotations?.[ANNOTATION.configChecksum];
  return asked === checksum && natsHealth(observed)?.phase === 'Ready';
}

import { ANNOTATION } from '@eeveebot/contract';
import type { ObservedModule } from './observe.ts';
import { replicasOf } from './replicas.ts';

/**
 * uid of the claim to record on the Deployment, so that one that is created again without marks is recognized; needed only where a
 * bootstrap could follow. It is added to a Deployment only with another change: those of earlier releases stay as they are. A claim cannot
 * be created again before the module is stopped, which is such a change.
 *
 * @param replicas those of the Deployment after the change.
 */
export function claimToRecord({ module, deployment, volumeClaim }: ObservedModule, replicas: number): string | undefined {
  const { bootstrapFromBackup, persistentVolumeClaim } = module.spec;
  if (bootstrapFromBackup === undefined || persistentVolumeClaim === undefined) return undefined;
  const isRecorded = deployment?.metadata.annotations?.[ANNOTATION.claimUid] !== undefined;
  const changes = deployment === undefined || replicasOf(deployment) !== replicas;
  return isRecorded || changes ? volumeClaim?.metadata.uid : undefined;
}

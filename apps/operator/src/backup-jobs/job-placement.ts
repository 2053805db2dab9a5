import { defined, moduleSelector } from '@eeveebot/contract';
import type { BotModule } from '@eeveebot/crds';
import { setFields } from '../pod-building/set-fields.ts';
import type { Affinity, PodSpec } from '../resource-types/kubernetes.ts';

/**
 * Where the pods of a module's Jobs may run: the same nodes as the module. The first pod that mounts a volume often decides where
 * the volume is created, possibly where the module cannot run. For a volume that is bound to nodes, the scheduler enforces these itself.
 *
 * @param given.besideModule whether to bind the pods to the node of the module's pods: without one, they could not be scheduled at all.
 */
export function jobPlacement(
  module: BotModule,
  given: { readonly besideModule: boolean },
): Pick<PodSpec, 'affinity' | 'nodeSelector' | 'tolerations'> {
  const { affinity } = module.spec;
  const placement: Affinity = {
    ...defined({ nodeAffinity: affinity?.nodeAffinity }),
    ...(given.besideModule ? besideModule(module) : {}),
  };
  return {
    ...(Object.keys(placement).length === 0 ? {} : { affinity: placement }),
    ...setFields(module.spec, ['nodeSelector', 'tolerations']),
  };
}

const besideModule = ({ metadata }: BotModule): Affinity => ({
  podAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { labelSelector: { matchLabels: moduleSelector(metadata.name) }, topologyKey: 'kubernetes.io/hostname' },
    ],
  },
});

import { defined, moduleSelector } from '@eeveebot/contract';
import type { BotModule } from '@eeveebot/crds';
import { setFields } from '../pod-building/set-fields.ts';
import type { Affinity, PodSpec } from '../resource-types/kubernetes.ts';

/**
 * Where the pods of a module's Jobs may run: the same nodes as the module. The first pod that mounts a volume often decides where
 * the volume is created, possibly where the module cannot run. For a volume that is bound to nodes, the scheduler enforces these itself.
 *
 * @param runs whether pods of the module are on a node: without one, a pod with affinity to them could not be scheduled at all.
 */
export function jobPlacement(
  module: BotModule,
  { runs }: { readonly runs: boolean },
): Pick<PodSpec, 'affinity' | 'nodeSelector' | 'tolerations'> {
  const { affinity } = module.spec;
  const placement: Affinity = {
    ...defined({ nodeAffinity: affinity?.nodeAffinity }),
    ...(runs ? besideModule(module) : {}),
  };
  return {
    ...(Object.keys(placement).length === 0 ? {} : { affinity: placement }),
    ...setFields(module.spec, ['nodeSelector', 'tolerations']),
  };
}

/** Binds a pod to the node on which the module runs, if only one node can mount the volume. */
function besideModule({ metadata, spec }: BotModule): Affinity {
  const modes = spec.persistentVolumeClaim?.accessModes ?? ['ReadWriteOnce'];
  if (modes.some((mode) => mode === 'ReadWriteMany' || mode === 'ReadOnlyMany')) return {};
  return {
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { labelSelector: { matchLabels: moduleSelector(metadata.name) }, topologyKey: 'kubernetes.io/hostname' },
      ],
    },
  };
}

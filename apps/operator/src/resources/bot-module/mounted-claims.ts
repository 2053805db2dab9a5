import type { BotModuleSpec } from '@eeveebot/crds';

/** Names of the claims in `spec.volumes`. */
export const mountedClaimNames = ({ volumes = [] }: Pick<BotModuleSpec, 'volumes'>): readonly string[] => [
  ...new Set(volumes.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? [])),
];

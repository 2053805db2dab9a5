import type { IpcConfig, Quantity } from '@eeveebot/crds';

/** Name of the claim template of JetStream servers. */
export const JETSTREAM_VOLUME = 'jetstream';

/** Layout of an IpcConfig's NATS. */
export interface NatsTopology {
  readonly replicas: number;
  /** Whether servers have their own names and volumes: a StatefulSet rather than a Deployment. */
  readonly stateful: boolean;
  readonly jetstream: { readonly size: Quantity; readonly storageClassName: string | undefined } | undefined;
}

/** The layout from the spec: one plain server is a Deployment; several servers or JetStream need a StatefulSet. */
export function natsTopology({ spec }: IpcConfig): NatsTopology {
  const managed = spec.nats.managed;
  const replicas = managed?.replicas ?? 1;
  const jetstream =
    managed?.jetstream?.enabled === true
      ? { size: managed.jetstream.size, storageClassName: managed.jetstream.storageClassName }
      : undefined;
  return { replicas, stateful: replicas > 1 || jetstream !== undefined, jetstream };
}

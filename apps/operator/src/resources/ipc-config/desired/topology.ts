import type { IpcConfig, Quantity } from '@eeveebot/crds';

/** Name of the claim template of JetStream servers. */
export const JETSTREAM_VOLUME = 'jetstream';

/** How the NATS of an IpcConfig is laid out. */
export interface NatsTopology {
  readonly replicas: number;
  /** Servers with names and volumes of their own: a StatefulSet rather than a Deployment. */
  readonly stateful: boolean;
  readonly jetstream: { readonly size: Quantity; readonly storageClassName: string | undefined } | undefined;
}

/** The layout an IpcConfig asks for: one plain server is a Deployment, more or JetStream a StatefulSet. */
export function natsTopology({ spec }: IpcConfig): NatsTopology {
  const managed = spec.nats.managed;
  const replicas = managed?.replicas ?? 1;
  const jetstream =
    managed?.jetstream?.enabled === true
      ? { size: managed.jetstream.size, storageClassName: managed.jetstream.storageClassName }
      : undefined;
  return { replicas, stateful: replicas > 1 || jetstream !== undefined, jetstream };
}

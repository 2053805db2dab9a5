import type { SecretValues } from '../../secrets/secret-values.ts';

/** Settings of the operator that the IpcConfig reconciler needs. */
export interface IpcSettings {
  /** Default image of NATS. */
  readonly natsImage: string;
  /** DNS domain of the cluster. */
  readonly clusterDomain: string;
  /** 32 random bytes as hexadecimal digits. */
  readonly randomToken: () => string;
  readonly secrets: SecretValues;
}

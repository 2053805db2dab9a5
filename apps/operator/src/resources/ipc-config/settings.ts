/** What an IpcConfig's reconciler must know of the operator's own configuration. */
export interface IpcSettings {
  /** NATS image of an IpcConfig that names none. */
  readonly natsImage: string;
  /** DNS domain of the cluster. */
  readonly clusterDomain: string;
  /** 32 random bytes as hexadecimal digits. */
  readonly randomToken: () => string;
}

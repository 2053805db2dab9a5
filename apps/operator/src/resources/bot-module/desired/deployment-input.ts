import type { BotModule } from '@eeveebot/crds';
import type { NatsConnection } from '../../../nats/connection.ts';

/** Inputs of a module's Deployment. */
export interface DeploymentInput {
  readonly module: BotModule;
  /** Connection of the pods to NATS; `undefined` when the module names no IpcConfig. */
  readonly nats: NatsConnection | undefined;
  readonly operatorApiUrl: string;
  /** No replicas at the moment: a restore uses the volume exclusively. */
  readonly stopped: boolean;
  /** Whether two pods of the module must not run at the same time, because of their volumes. */
  readonly hasSingleWriter: boolean;
  /** uid of the claim that the pods write to, if it is recorded. */
  readonly claimUid: string | undefined;
  /** Checksum of `moduleConfig`, set when a change of it must roll the pods. */
  readonly configChecksum: string | undefined;
  /** Checksum of the token for the operator's HTTP API, set when the module has it in its environment. */
  readonly apiTokenChecksum: string | undefined;
  /** Checksum of the Secrets with its variables, set when a change of one must roll the pods. */
  readonly secretChecksum: string | undefined;
}

import { ANNOTATION, OPERATOR_API_TOKEN_SECRET_KEY } from '@eeveebot/contract';
import type { BotModule } from '@eeveebot/crds';
import type { Deployment, Secret } from '../resource-types/kubernetes.ts';
import { SecretChecksums } from '../secrets/secret-checksums.ts';
import type { ReadDeps, SecretValues } from '../secrets/secret-values.ts';

/** A module with the objects that its pods take the token from. */
interface TokenUser {
  readonly module: BotModule;
  readonly apiTokenSecret: Secret | undefined;
  readonly deployment: Deployment | undefined;
}

/** Checksums of the token for the operator's HTTP API in the environment of modules: a pod reads it once, at start. */
export class ApiTokenChecksums {
  readonly #secrets: SecretValues;
  readonly #checksums = new SecretChecksums();

  constructor(secrets: SecretValues) {
    this.#secrets = secrets;
  }

  /**
   * Changes with the module's token; `undefined` when the module mounts none. Stays the same while the Secret is missing: running pods have
   * their token, and a Secret that is recreated with the same token must not roll them.
   */
  async of({ module, apiTokenSecret, deployment }: TokenUser, deps: ReadDeps): Promise<string | undefined> {
    if (!module.spec.mountOperatorApiToken) return undefined;
    const values = apiTokenSecret && (await this.#secrets.of(apiTokenSecret, deps));
    const token = values?.[OPERATOR_API_TOKEN_SECRET_KEY];
    if (token === undefined) return deployment?.spec?.template.metadata?.annotations?.[ANNOTATION.apiTokenChecksum];
    return this.#checksums.of({ text: token, salt: `operator API token of ${module.metadata.namespace}` });
  }
}

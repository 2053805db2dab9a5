import { ANNOTATION, OPERATOR_API_TOKEN_SECRET_KEY } from '@eeveebot/contract';
import { SecretChecksums } from '../../secret-checksums.ts';
import { SecretValues, type ReadMeans } from '../../secret-values.ts';
import type { ObservedModule } from './observe.ts';

/** Which token of the operator's HTTP API modules have in their environment: a pod reads it once, when it starts. */
export class ApiTokenChecksums {
  readonly #secrets = new SecretValues();
  readonly #checksums = new SecretChecksums();

  /**
   * Differs when the module's token differs; `undefined` where it is given none. While the Secret is missing it stays as it is: pods
   * that run have their token, and one that is made again with the same need not roll them.
   */
  async of({ module, apiTokenSecret, deployment }: ObservedModule, means: ReadMeans): Promise<string | undefined> {
    if (!module.spec.mountOperatorApiToken) return undefined;
    const values = apiTokenSecret && (await this.#secrets.of(apiTokenSecret, means));
    const token = values?.[OPERATOR_API_TOKEN_SECRET_KEY];
    if (token === undefined) return deployment?.spec?.template.metadata?.annotations?.[ANNOTATION.apiTokenChecksum];
    return this.#checksums.of({ text: token, salt: `operator API token of ${module.metadata.namespace}` });
  }
}

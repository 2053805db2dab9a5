import { ANNOTATION } from '@eeveebot/contract';
import { canonicalJson } from '../../controller/json.ts';
import { SecretChecksums } from '../../secrets/secret-checksums.ts';
import type { ReadDeps, SecretValues } from '../../secrets/secret-values.ts';
import type { ObservedModule } from './observe.ts';
import { watchedSecrets } from './watched-secrets.ts';

/** Checksums of the Secrets with the variables of modules: a pod reads them once, at start. */
export class SecretVariableChecksums {
  readonly #secrets: SecretValues;
  readonly #checksums = new SecretChecksums();

  constructor(secrets: SecretValues) {
    this.#secrets = secrets;
  }

  /**
   * Changes with the values; `undefined` for a module whose pods do not roll on changes. Stays the same while a Secret that the pods need
   * is missing: running pods have their values.
   */
  async of({ module, variableSecrets, deployment }: ObservedModule, deps: ReadDeps): Promise<string | undefined> {
    const watched = watchedSecrets(module);
    if (watched.length === 0) return undefined;
    const held: Record<string, unknown> = {};
    for (const { name, optional } of watched) {
      const known = variableSecrets.get(name);
      const values = known && (await this.#secrets.of(known, deps));
      if (values === undefined && !optional) return deployment?.spec?.template.metadata?.annotations?.[ANNOTATION.secretChecksum];
      held[name] = values ?? null;
    }
    // The cache key of a checksum is its salt, so modules must not share one.
    return this.#checksums.of({ text: canonicalJson(held), salt: `variables of ${module.metadata.uid ?? ''}` });
  }
}

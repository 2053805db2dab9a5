import type { BotModule } from '@eeveebot/crds';

/** A Secret whose keys become variables of a module. */
interface VariablesSecret {
  readonly name: string;
  /** Whether the pods start without it. */
  readonly optional: boolean;
}

/** The Secrets of `envSecret` and `envFrom` of a module whose pods roll when one of them changes. */
export function watchedSecrets({ spec }: BotModule): readonly VariablesSecret[] {
  if (!spec.restartOnSecretChange) return [];
  const further = (spec.envFrom ?? []).flatMap(({ secretRef }) =>
    secretRef?.name === undefined ? [] : [{ name: secretRef.name, optional: secretRef.optional === true }],
  );
  return [...(spec.envSecret === undefined ? [] : [{ name: spec.envSecret.name, optional: false }]), ...further];
}

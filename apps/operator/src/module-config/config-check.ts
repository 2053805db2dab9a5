import { hash } from 'node:crypto';
import { MODULE_CONFIG_BYTES } from '@eeveebot/contract';
import type { ReconcileContext } from '../controller/run/definition.ts';
import { setBounded } from '../controller/set-bounded.ts';
import { yamlProblem } from './yaml-problem.ts';
import { YamlThread } from './yaml-thread.ts';

/** Shorter texts are checked synchronously, which takes a few milliseconds on a slow machine. */
const AT_ONCE_CHARACTERS = 1_024;

/** Maximum number of verdicts that are kept. One takes about 150 bytes. */
const REMEMBERED = 10_000;

/** The verdict on a text. */
export type ConfigVerdict =
  /** `problem` describes what is invalid; `undefined` if nothing is. */
  | { readonly problem: string | undefined }
  /** The check is running: the resource is reconciled again when it is done. */
  | 'being checked';

/** A spec with a configuration. */
interface ConfiguredSpec {
  readonly moduleConfig?: string;
}

/**
 * Checks whether texts of `moduleConfig` are YAML. Each text is checked once, and long checks do not run on the event loop: one
 * module must not delay the others.
 */
export class ConfigCheck {
  readonly #thread = new YamlThread();
  readonly #verdicts = new Map<string, { readonly problem: string | undefined }>();
  /** Verdicts by the spec that has the text: a cached spec stays the same object until it changes. */
  readonly #bySpec = new WeakMap<object, { readonly problem: string | undefined }>();

  of(spec: ConfiguredSpec, context: Pick<ReconcileContext, 'inBackground'>): ConfigVerdict {
    const known = this.#bySpec.get(spec);
    if (known !== undefined) return known;
    const verdict = this.#ofText(spec.moduleConfig, context);
    if (verdict !== 'being checked') this.#bySpec.set(spec, verdict);
    return verdict;
  }

  #ofText(text: string | undefined, { inBackground }: Pick<ReconcileContext, 'inBackground'>): ConfigVerdict {
    if (text === undefined) return { problem: undefined };
    const bytes = Buffer.byteLength(text);
    // The schema rejects it, but objects of an earlier release may still have it.
    if (bytes > MODULE_CONFIG_BYTES)
      return { problem: `has ${bytes} bytes, and at most ${MODULE_CONFIG_BYTES} are allowed: put larger files into a volume or an image` };
    const checksum = hash('sha256', text, 'base64');
    const known = this.#verdicts.get(checksum);
    if (known !== undefined) return this.#keep(checksum, known);
    if (text.length <= AT_ONCE_CHARACTERS) return this.#keep(checksum, verdictOn(yamlProblem(text)));
    inBackground(async () => {
      if (!this.#verdicts.has(checksum)) this.#keep(checksum, verdictOn(await this.#thread.problemOf(text)));
    });
    return 'being checked';
  }

  #keep(checksum: string, verdict: { readonly problem: string | undefined }): ConfigVerdict {
    setBounded(this.#verdicts, [checksum, verdict], REMEMBERED);
    return verdict;
  }
}

const verdictOn = (problem: string | undefined): { readonly problem: string | undefined } => ({
  problem: problem === undefined ? undefined : `is not valid YAML: ${problem}`,
});

import { createHash } from 'node:crypto';
import { MODULE_CONFIG_BYTES } from '@eeveebot/contract';
import { remember } from '../controller/remember.ts';
import type { ReconcileContext } from '../controller/types.ts';
import { yamlProblem } from './yaml-problem.ts';
import { YamlThread } from './yaml-thread.ts';

/** Shorter texts are checked at once: on a slow machine that takes a few milliseconds. */
const AT_ONCE_CHARACTERS = 1_024;

/** Verdicts that are kept. One takes about 150 bytes. */
const REMEMBERED = 10_000;

/** The verdict on a text. */
export type ConfigVerdict =
  /** `problem` says what is wrong with it, `undefined` nothing is. */
  | { readonly problem: string | undefined }
  /** It is being checked: the resource is looked at again when that is done. */
  | 'being checked';

/**
 * Whether texts of `moduleConfig` are YAML. Each text is checked once, and nothing that takes long is done on the event loop: one
 * module must not hold up the others.
 */
export class ConfigCheck {
  readonly #thread = new YamlThread();
  readonly #verdicts = new Map<string, { readonly problem: string | undefined }>();

  of(text: string | undefined, { inBackground }: Pick<ReconcileContext, 'inBackground'>): ConfigVerdict {
    if (text === undefined) return { problem: undefined };
    const bytes = Buffer.byteLength(text);
    // The schema refuses it, but not in objects that an earlier release let pass.
    if (bytes > MODULE_CONFIG_BYTES)
      return { problem: `has ${bytes} bytes, and at most ${MODULE_CONFIG_BYTES} are taken: put what is large into a volume or an image` };
    const hash = createHash('sha256').update(text).digest('base64');
    const known = this.#verdicts.get(hash);
    if (known !== undefined) return this.#keep(hash, known);
    if (text.length <= AT_ONCE_CHARACTERS) return this.#keep(hash, verdictOn(yamlProblem(text)));
    inBackground(async () => {
      if (!this.#verdicts.has(hash)) this.#keep(hash, verdictOn(await this.#thread.problemOf(text)));
    });
    return 'being checked';
  }

  #keep(hash: string, verdict: { readonly problem: string | undefined }): ConfigVerdict {
    remember(this.#verdicts, [hash, verdict], REMEMBERED);
    return verdict;
  }
}

const verdictOn = (problem: string | undefined): { readonly problem: string | undefined } => ({
  problem: problem === undefined ? undefined : `is not valid YAML: ${problem}`,
});

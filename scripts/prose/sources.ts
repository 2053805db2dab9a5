import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Files that hold prose: sources, pages, charts, manifests. */
const PROSE_FILES = /\.(?:ts|mts|mjs|js|md|ya?ml|tpl|txt|sh|json|jsonc|go|lua)$/;

/** Generated files are corrected in their sources; the guide and the patterns quote the phrases that they advise against. */
const LEFT_OUT =
  /^(?:crds|docs\/reference|charts\/crds\/crds|scripts\/prose)\/|(?:^|\/)generated\/|values\.schema\.json$|package-lock\.json$|^docs\/style\.md$/;

/** The files whose prose is checked, relative to the root: those of git, and those that git does not ignore. */
export function proseSources(): readonly string[] {
  return execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
    .split('\n')
    .filter((file) => PROSE_FILES.test(file) && !LEFT_OUT.test(file) && existsSync(file));
}

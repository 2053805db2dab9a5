import { posix } from 'node:path';

/** A broken link. */
export interface DeadLink {
  readonly file: string;
  readonly line: number;
  readonly target: string;
}

/** Pages of this repository, as packages and pages that are read elsewhere name them. */
const OWN_PAGES = /^https:\/\/github\.com\/eeveebot\/eevee\/(?:blob|tree)\/main\//;

const LINK = /\]\(([^)\s]+)\)/g;

/** Lines of a page that are not in a code block, without code in backticks. */
function textLines(page: string): readonly string[] {
  let isCode = false;
  return page.split('\n').map((line) => {
    const isFence = /^\s*```/.test(line);
    if (isFence) isCode = !isCode;
    return isCode || isFence ? '' : line;
  });
}

/** The anchors that GitHub gives the headings of a page. */
export function anchorsOf(page: string): ReadonlySet<string> {
  const counts = new Map<string, number>();
  const anchors = new Set<string>();
  for (const line of textLines(page)) {
    const heading = /^#{1,6}\s+(.+?)\s*$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = words.replaceAll(/[^\p{L}\p{M}\p{N}_ -]/gu, '').replaceAll(' ', '-');
    const count = counts.get(anchor) ?? 0;
    counts.set(anchor, count + 1);
    anchors.add(count === 0 ? anchor : `${anchor}-${count}`);
  }
  return anchors;
}

/**
 * Links between pages of this repository to a missing file or heading.
 *
 * @param pages texts of all Markdown files by path.
 * @param exists whether a path of the repository exists.
 */
export function deadLinks(pages: ReadonlyMap<string, string>, exists: (path: string) => boolean): readonly DeadLink[] {
  const isAlive = (file: string, target: string): boolean => {
    const [path = '', anchor] = target.replace(OWN_PAGES, '/').split('#');
    const named = path.startsWith('/') ? path.slice(1) : posix.join(posix.dirname(file), path);
    const page = pages.get(path === '' ? file : named);
    if (path !== '' && !exists(named)) return false;
    return anchor === undefined || page === undefined || anchorsOf(page).has(anchor);
  };
  return [...pages].flatMap(([file, page]) =>
    textLines(page).flatMap((text, index) =>
      [...text.replaceAll(/`[^`]*`/g, '').matchAll(LINK)]
        .map(([, target = '']) => target)
        .filter((target) => OWN_PAGES.test(target) || !/^[a-z]+:/.test(target))
        .filter((target) => !isAlive(file, target))
        .map((target) => ({ file, line: index + 1, target })),
    ),
  );
}

import { asciiFolded } from '../../irc/case-mapping.ts';

/**
 * Whether a text matches a pattern in which `*` stands for any characters and `?` for one, in any case. Takes time proportional to the
 * product of the lengths, at most.
 *
 * @example
 * matchesGlob('*.example.org', 'den.Example.org'); // true
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const [wanted, given] = [asciiFolded(pattern), asciiFolded(text)];
  let [at, from] = [0, 0];
  let star: { readonly after: number; until: number } | undefined;
  while (from < given.length) {
    if (wanted[at] === '*') {
      star = { after: ++at, until: from };
    } else if (wanted[at] === '?' || wanted[at] === given[from]) {
      at++;
      from++;
    } else if (star === undefined) {
      return false;
    } else {
      // The last star takes one character more.
      at = star.after;
      from = ++star.until;
    }
  }
  return /^\**$/.test(wanted.slice(at));
}

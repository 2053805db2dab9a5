/** Places for texts. Those of one type of object are a few dozen words, and the times of the last minutes. */
const PLACES = 512;

/** Shorter texts take no more memory than what refers to them, and longer ones are hardly ever equal. */
const SHORTEST = 3;
const LONGEST = 64;

/**
 * Returns for equal texts one of them, so that the others can be freed: `True`, a time, a reason are in thousands of cached objects.
 * A text that finds another one in its place replaces it, hence this takes little time and memory, whatever the texts are.
 */
export class SharedTexts {
  readonly #places: string[] = Array.from({ length: PLACES }, () => '');

  of(text: string): string {
    const { length } = text;
    if (length < SHORTEST || length > LONGEST) return text;
    // Times differ at the end, words anywhere.
    const place =
      (length + 31 * (text.charCodeAt(length - 2) + 31 * (text.charCodeAt(length - 3) + 31 * text.charCodeAt(length >> 1)))) % PLACES;
    const known = this.#places[place];
    if (known === text) return known;
    this.#places[place] = text;
    return text;
  }
}

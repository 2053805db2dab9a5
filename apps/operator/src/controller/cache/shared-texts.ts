/** Number of slots. Objects of one type have a few dozen different words, and the times of the last minutes. */
const PLACES = 512;

/** Shorter texts take no more memory than a reference to them, and longer ones are rarely equal. */
const SHORTEST = 3;
const LONGEST = 64;

/**
 * Returns one instance for equal texts, so that the others can be freed: `True`, a time or a reason occurs in thousands of cached objects.
 * A text replaces a different one in its slot, so memory and time are bounded whatever the texts are.
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

/** Nicks to try when a server does not accept the wanted one, in order. */
export interface NickSettings {
  readonly nick: string;
  readonly altNicks: readonly string[];
}

/** Longest nick that every server accepts, when the server does not say. */
const SAFE_LENGTH = 30;

/**
 * The nick to try next, after so many were refused: the alternatives, then the wanted one with underscores, then with a number.
 *
 * @param refused how many nicks the server has refused on this connection.
 * @example
 * nextNick({ nick: 'eevee', altNicks: ['eevee2'] }, 1); // 'eevee2'
 */
export function nextNick({ nick, altNicks }: NickSettings, refused: number): string {
  const alternative = [nick, ...altNicks][refused];
  if (alternative !== undefined) return alternative;
  const n = refused - altNicks.length;
  const suffix = n <= 3 ? '_'.repeat(n) : String(n);
  return `${nick.slice(0, SAFE_LENGTH - suffix.length)}${suffix}`;
}

/** Nicks to try when a server does not accept the wanted one, in order. */
export interface NickSettings {
  readonly nick: string;
  readonly altNicks: readonly string[];
}

/** Longest nick that every server accepts, when the server does not say. */
const SAFE_LENGTH = 30;

/** Nicks of the wanted length are tried after so many longer ones: the wanted nick may have the greatest length that the server takes. */
const LONGER_NICKS = 6;

/**
 * The nick to try next, after so many were refused: the alternatives, then the wanted one with underscores, then with a number, and then
 * with a number in place of its end.
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
  const length = n <= LONGER_NICKS ? SAFE_LENGTH : Math.min(SAFE_LENGTH, nick.length);
  return `${nick.slice(0, Math.max(1, length - suffix.length))}${suffix}`;
}

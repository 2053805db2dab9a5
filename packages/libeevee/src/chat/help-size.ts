import type { HelpEntry } from './help-entry.ts';

/** Lengths to which texts are cut, in characters, each if the one before is still too long. The first one is about a line of IRC. */
const TEXT_LENGTHS = [300, 100, 30, 1];

/** Help that NATS accepts. */
interface FittingHelp {
  readonly entries: readonly HelpEntry[];
  /** The parts that were cut; undefined if everything fits. */
  readonly cut?: string;
}

/**
 * Cuts help that is too large for a message: first its texts, which then end with `…`, then the parameters, then the last commands. Users get
 * an incomplete answer instead of none.
 */
export function fittingHelp(entries: readonly HelpEntry[], fits: (entries: readonly HelpEntry[]) => boolean): FittingHelp {
  if (fits(entries)) return { entries };
  for (const length of TEXT_LENGTHS) {
    const candidate = entries.map((entry) => withTexts(entry, length));
    if (fits(candidate)) return { entries: candidate, cut: `descriptions of more than ${length} characters` };
  }
  const names = entries.map(({ command }) => ({ command, descr: '…', params: [] }));
  for (let kept = names.length; kept > 0; kept = Math.floor(kept * 0.9)) {
    const first = names.slice(0, kept);
    if (fits(first))
      return { entries: first, cut: `all descriptions and parameters, and ${names.length - kept} of ${names.length} commands` };
  }
  return { entries: [], cut: 'all commands' };
}

function withTexts(entry: HelpEntry, length: number): HelpEntry {
  return {
    ...entry,
    descr: shortened(entry.descr, length),
    params: entry.params.map((param) => ({ ...param, descr: shortened(param.descr, length) })),
  };
}

function shortened(text: string, length: number): string {
  if (text.length <= length) return text;
  // Half of a surrogate pair would be replaced by another character.
  return `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

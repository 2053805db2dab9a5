import { shortenedJsonText } from './shortened-text.ts';

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** Field with the number of omitted elements by list. */
const OMITTED = 'omitted';

/** The list whose omitted elements are counted by its last element. */
const WARNINGS = 'warnings';

/** Last element of a truncated list of warnings. */
export const moreWarnings = (count: number): string => `and ${count} more warnings`;

/** Number of warnings that an element of the list represents. */
const warningsIn = (element: unknown): number => Number(/^and (\d+) more warnings$/.exec(String(element))?.[1] ?? 1);

type Fields = Readonly<Record<string, unknown>>;

/**
 * Shortens a result so that its JSON has at most `limit` bytes. Long texts are truncated, and lists lose elements at the end. Omitted
 * warnings are counted by a final warning, omitted elements of other lists in `omitted`. Lists share the space evenly, and short lists
 * leave their unused share to the others.
 */
export function shortenedResult(outcome: object, limit: number): object {
  const fields: Fields = withShortTexts({ ...outcome }, limit);
  const lists = Object.entries(fields).flatMap(([name, value]) => (Array.isArray(value) ? [{ name, list: value as unknown[] }] : []));
  const empty = Object.fromEntries(lists.map(({ name, list }) => [name, listOf(name, list, 0)]));
  const omitted = Object.fromEntries(lists.filter(({ name }) => name !== WARNINGS).map(({ name, list }) => [name, list.length]));
  let roomBytes = limit - bytesOf({ ...fields, ...empty, [OMITTED]: omitted });
  const sized = lists.map((list) => ({ ...list, bytes: list.list.map((element) => bytesOf(element) + 1) }));
  const smallestFirst = sized.toSorted((a, b) => sum(a.bytes) - sum(b.bytes));
  const shown: Record<string, unknown[]> = {};
  const missing: Record<string, number> = {};
  for (const [index, { name, list, bytes }] of smallestFirst.entries()) {
    const share = roomBytes / (smallestFirst.length - index);
    const { count, used } = fitting(bytes, share);
    roomBytes -= used;
    shown[name] = listOf(name, list, count);
    if (name !== WARNINGS && count < list.length) missing[name] = list.length - count;
  }
  return { ...fields, ...shown, ...(Object.keys(missing).length > 0 ? { [OMITTED]: missing } : {}) };
}

/** The first `count` elements; for warnings, followed by the number of further ones. */
function listOf(name: string, list: readonly unknown[], count: number): unknown[] {
  const left = list.slice(count);
  return [...list.slice(0, count), ...(name === WARNINGS && left.length > 0 ? [moreWarnings(sum(left.map(warningsIn)))] : [])];
}

/** The number of leading elements that fit into `share` bytes, and their size. */
function fitting(bytes: readonly number[], share: number): { readonly count: number; readonly used: number } {
  let [count, used] = [0, 0];
  for (const next of bytes) {
    if (used + next > share) break;
    used += next;
    count++;
  }
  return { count, used };
}

/** Truncates texts, longest first, until everything except the lists fits. */
function withShortTexts(fields: Fields, limit: number): Fields {
  const frame = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, Array.isArray(value) ? [] : value]));
  const texts = Object.entries(frame).flatMap(([name, value]) => (typeof value === 'string' ? [{ name, value }] : []));
  const cut: Record<string, string> = {};
  for (const { name, value } of texts.toSorted((a, b) => b.value.length - a.value.length)) {
    const excess = bytesOf({ ...frame, ...cut }) - limit;
    if (excess <= 0) break;
    cut[name] = shortenedJsonText(value, Math.max(bytesOf('…'), bytesOf(value) - excess));
  }
  return { ...fields, ...cut };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, next) => total + next, 0);

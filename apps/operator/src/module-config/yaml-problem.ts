import { isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, type ParsedNode } from 'yaml';

/** A position in a text, in characters from its start, as the parser counts. */
interface Fault {
  readonly at: number;
  readonly message: string;
}

/**
 * Why a text is not YAML, with line and column; `undefined` if it is. Takes time proportional to the length of the text: the
 * parser's own check for duplicate keys compares each key of a map with all keys before it, so it is replaced by a set for each map.
 *
 * @example
 * yamlProblem('a: 1\na: 2'); // 'line 2, column 1: Map keys must be unique'
 */
export function yamlProblem(text: string): string | undefined {
  const lineCounter = new LineCounter();
  const { errors, contents } = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false });
  const [error] = errors;
  const fault = earliest(error && { at: error.pos[0], message: error.message }, duplicateKey(contents));
  if (fault === undefined) return undefined;
  const { line, col } = lineCounter.linePos(fault.at);
  return `line ${line}, column ${col}: ${fault.message}`;
}

function earliest(one: Fault | undefined, other: Fault | undefined): Fault | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.at <= other.at ? one : other;
}

/** The first duplicate key of a map. Uses a list instead of recursion, because a text may be nested deeper than the stack allows. */
function duplicateKey(root: ParsedNode | null): Fault | undefined {
  let first: Fault | undefined;
  const pending: unknown[] = [root];
  while (pending.length > 0) {
    const node = pending.pop();
    if (isPair(node)) pending.push(node.key, node.value);
    else if (isSeq(node)) for (const element of node.items) pending.push(element);
    else if (isMap(node)) {
      first = earliest(first, duplicateIn(node.items));
      for (const pair of node.items) pending.push(pair);
    }
  }
  return first;
}

function duplicateIn(pairs: readonly { readonly key: unknown }[]): Fault | undefined {
  const seen = new Set<unknown>();
  for (const { key } of pairs) {
    if (!isScalar(key)) continue;
    if (seen.has(key.value)) return { at: key.range?.[0] ?? 0, message: 'Map keys must be unique' };
    seen.add(key.value);
  }
  return undefined;
}

import { type YamlFault, lostYamlMeaning, yamlProblemText } from '@eeveebot/contract';
import { isMap, isPair, isScalar, isSeq, parseDocument, type ParsedNode } from 'yaml';

/**
 * Why a text is not YAML, or would lose a part of its meaning, with the place and the fix; `undefined` if it is. Takes time proportional to the length of the text: the
 * parser's own check for duplicate keys compares each key of a map with all keys before it, so it is replaced by a set for each map.
 *
 * @example
 * yamlProblem('a: 1\na: 2'); // 'line 2, column 1 (`a: …`): the key is already in this mapping; to fix it, …'
 */
export function yamlProblem(text: string): string | undefined {
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: false });
  const [error] = document.errors;
  const invalid = earliest(error && { code: error.code, message: error.message, at: error.pos[0] }, duplicateKey(document.contents));
  const fault = earliest(invalid, lostYamlMeaning(document));
  return fault && yamlProblemText(text, fault);
}

function earliest(one: YamlFault | undefined, other: YamlFault | undefined): YamlFault | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.at <= other.at ? one : other;
}

/** The first duplicate key of a map. Uses a list instead of recursion, because a text may be nested deeper than the stack allows. */
function duplicateKey(root: ParsedNode | null): YamlFault | undefined {
  let first: YamlFault | undefined;
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

function duplicateIn(pairs: readonly { readonly key: unknown }[]): YamlFault | undefined {
  const seen = new Set<unknown>();
  for (const { key } of pairs) {
    if (!isScalar(key)) continue;
    if (seen.has(key.value)) return { code: 'DUPLICATE_KEY', message: '', at: key.range?.[0] ?? 0 };
    seen.add(key.value);
  }
  return undefined;
}

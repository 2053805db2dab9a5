import type { YamlFault } from './yaml-problem.ts';

/** The parts of a node of the `yaml` package, or of a pair of one of its mappings, that show its meaning. */
interface YamlNode {
  readonly tag?: string;
  readonly range?: readonly number[] | null;
  readonly comment?: string | null;
  readonly value?: unknown;
  readonly items?: readonly unknown[];
  readonly key?: unknown;
}

/** The parts of a document of the `yaml` package that this module reads. */
export interface YamlDocument {
  readonly contents: unknown;
  readonly warnings: readonly { readonly code: string; readonly message: string; readonly pos: readonly number[] }[];
}

/** Tags of YAML 1.1 that say how a text is written, so that the text is a sensible value without them. */
const TEXT_TAGS = /tag:yaml\.org,2002:(?:binary|timestamp|set|omap|pairs)$/;

/** Indentation of a closing bracket: a matter of style. */
const isHarmless = ({ code, message }: { readonly code: string; readonly message: string }): boolean =>
  code === 'BAD_INDENT' || (code === 'TAG_RESOLVE_FAILED' && TEXT_TAGS.test(message));

const isNode = (value: unknown): value is YamlNode => typeof value === 'object' && value !== null;
const isCollection = (value: unknown): value is YamlNode & { readonly items: readonly unknown[] } => isNode(value) && 'items' in value;

const startOf = ({ range }: YamlNode): number => range?.[0] ?? 0;

/** `- #eevee`: the parser takes the entry for a comment. Comments that are meant as such begin with a space, or follow a value. */
const isCommentedOut = (element: unknown): element is YamlNode =>
  isNode(element) && !isCollection(element) && element.value === null && /^[^\s#]/.test(element.comment ?? '');

/** The fault of one node, without those of the nodes in it. */
function faultOf(node: YamlNode): YamlFault | undefined {
  // A single `!` is a tag as well, which the parser accepts without a warning.
  if (node.tag === '!') return { code: 'TAG_RESOLVE_FAILED', message: '', at: startOf(node) };
  if ('key' in node && isCollection(node.key)) return { code: 'COLLECTION_AS_KEY', message: '', at: startOf(node.key) };
  const comment = 'key' in node ? undefined : node.items?.find(isCommentedOut);
  return comment && { code: 'COMMENT_AS_ENTRY', message: '', at: startOf(comment) };
}

const earlier = (one: YamlFault | undefined, other: YamlFault | undefined): YamlFault | undefined =>
  one === undefined || (other !== undefined && other.at < one.at) ? other : one;

/**
 * The first place of a document that YAML reads otherwise than its author most likely meant: a text that begins with `!` or `{{`, or a
 * channel in a list that begins with `#`, without quotes. The parser reports none of them as an error. Uses a list instead of recursion,
 * because a text may be nested deeper than the stack allows.
 *
 * @example
 * lostYamlMeaning(parseDocument('command: !help')); // { code: 'TAG_RESOLVE_FAILED', message: 'Unresolved tag: !help', at: 9 }
 */
export function lostYamlMeaning({ contents, warnings }: YamlDocument): YamlFault | undefined {
  const warning = warnings.find((each) => !isHarmless(each));
  let first: YamlFault | undefined = warning && { code: warning.code, message: warning.message, at: warning.pos[0] ?? 0 };
  const pending: unknown[] = [contents];
  while (pending.length > 0) {
    const node = pending.pop();
    if (!isNode(node)) continue;
    first = earlier(first, faultOf(node));
    if ('key' in node) pending.push(node.key, node.value);
    else if (isCollection(node)) for (const item of node.items) pending.push(item);
  }
  return first;
}

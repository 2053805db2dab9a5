/** A phrase that plain technical English does not use. */
export interface ProsePattern {
  /** Names it in findings. */
  readonly name: string;
  /** A space stands for any gap, so a phrase is found where a comment wraps too; `<start>` is the start of a sentence. */
  readonly phrases: readonly string[];
  /** Advice that is printed with a finding. */
  readonly instead: string;
}

/** The patterns that `docs/style.md` explains. Capitals count only in phrases with `<start>`. */
export const PROSE_PATTERNS: readonly ProsePattern[] = [
  {
    name: 'sentence that begins with what or who',
    // A real question ends with a question mark.
    phrases: [String.raw`<start>(?:What|Who|Whoever|Whatever|Whose)\b(?![^.!]{0,200}\?)`],
    instead: 'begin with the noun: "Store errors, and the failure kind each maps to."',
  },
  {
    name: 'sentence that begins with of',
    phrases: [String.raw`<start>Of\b(?! course)`],
    instead: 'begin with the subject: "Caches only nodeName of the spec."',
  },
  {
    name: 'tell of, say of, speak of, is told',
    phrases: [
      String.raw`\b(?:tell|tells|told|telling|say|says|said|saying|speak|speaks|spoken|speaking) of\b`,
      String.raw`\b(?:is|are|was|were|be|been|being|gets?|nothing) told\b`,
      String.raw`\bspoken to\b`,
    ],
    instead: 'name the effect: "reports", "is notified", "contains", "is set to"',
  },
  {
    name: 'is none, is no',
    phrases: [
      String.raw`\b(?:is|are|was|were) none\b`,
      String.raw`(?<!\bthere )\b(?:is|are) no (?!longer\b|more\b|less\b|different\b|better\b|worse\b|newer\b|older\b|larger\b|smaller\b|fewer\b)\w`,
    ],
    instead: 'negate the verb: "is not a directory"',
  },
  { name: 'were it, be it', phrases: [String.raw`\b(?:were it|be it|be they)\b`], instead: 'use if, whether or possibly' },
  {
    name: 'stand or lie for be',
    phrases: [String.raw`\b(?:stands?|lies?|lying)\b(?! for\b| in for\b| by\b|-)`],
    instead: 'use is, or name the state: "State of the job"',
  },
  {
    name: 'dated word',
    phrases: [
      String.raw`\b(?:anew|meanwhile|all the same|for ever|heed|heeds|heeded|heeding|mend|mends|mended|mending|namesakes?|by way of|shall|hitherto|thereof|whereof|whence|thereby)\b`,
    ],
    instead: 'again, during that time, still, forever, respect, fix, of the same name, through',
  },
  { name: 'bear on', phrases: [String.raw`\b(?:bears?|bearing|bore) (?:up)?on\b`], instead: 'affect, concern' },
  {
    name: 'alone after its noun',
    phrases: [String.raw`(?<!\b(?:let|leave|leaves|leaving|left|stand)(?: \w+)?[\s-])\balone\b`],
    instead: 'put only before the noun: "only the metadata"',
  },
  {
    name: 'unnamed actor',
    phrases: [String.raw`\b(?:somebody|nobody|everybody|anybody|a person)\b`],
    instead: 'name the actor: the user, the kubelet, another client',
  },
  { name: 'is to be', phrases: [String.raw`\b(?:is|are|was|were) to be\b`], instead: 'use must, should, or "desired"' },
  {
    name: 'private word for a term of art',
    phrases: [
      String.raw`\b(?:tell|tells|told|telling)(?: \w+)? apart\b`,
      String.raw`\basks? (?:\w+ )?for leave\b`,
      String.raw`\bpast the page cache\b`,
    ],
    instead: 'distinguish, ask for permission, O_DIRECT',
  },
  {
    name: 'idiom of another language',
    phrases: [
      String.raw`\b(?:go|goes|going|gone) on\b`,
      String.raw`\bin silence\b`,
      String.raw`\blook(?:s|ed)? at (?:too|again)\b`,
      String.raw`\bdoubled (?:lines?|messages?|answers?)\b`,
      String.raw`\bhalf a minute\b`,
      String.raw`\bof yours\b`,
      String.raw`\bat a stop\b`,
      String.raw`[,;] else (?:the|a|an|of|its?)\b`,
    ],
    instead: 'continue, silently, check again, duplicate, 30 seconds, your own, on shutdown, otherwise',
  },
];

/** Distinct values of one label: more would make each scrape slower and take memory without end. */
const MAX_VALUES = 200;

/** What all values beyond the bound are counted as. */
const OTHER = 'other';

const known = new Map<string, Set<string>>();

/** Whether a value is one of the first of its label. */
function isKnown(label: string, value: string): boolean {
  const values = known.get(label) ?? new Set<string>();
  known.set(label, values);
  if (values.has(value)) return true;
  if (values.size >= MAX_VALUES) return false;
  values.add(value);
  return true;
}

/**
 * A label's value, or `other` when the label has had too many different ones.
 *
 * @param label what the bound is kept for: each has its own.
 * @example
 * boundedLabel('subject', 'command.execute.c-1'); // 'command.execute.c-1', or 'other' after 200 different ones
 */
export const boundedLabel = (label: string, value: string): string => (value === OTHER || isKnown(label, value) ? value : OTHER);

/** Where something was said, as labels. */
export interface PlaceLabels {
  readonly platform: string;
  readonly network: string;
  readonly channel: string;
}

/**
 * A place as labels: network and channel become `other` when there have been too many different places, since their combinations are what
 * grows.
 */
export function boundedPlace({ platform, network, channel }: PlaceLabels): PlaceLabels {
  const bounded = boundedLabel('platform', platform);
  if (isKnown('place', JSON.stringify([platform, network, channel]))) return { platform: bounded, network, channel };
  return { platform: bounded, network: OTHER, channel: OTHER };
}

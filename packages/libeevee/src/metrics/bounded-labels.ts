/** Maximum number of distinct values of a label: more would slow down each scrape and use unbounded memory. */
const MAX_VALUES = 200;

/** Value that replaces all values beyond the bound. */
const OTHER = 'other';

const known = new Map<string, Set<string>>();

/** Whether a value is among the first ones of its label. */
function isKnown(label: string, value: string): boolean {
  const values = known.get(label) ?? new Set<string>();
  known.set(label, values);
  if (values.has(value)) return true;
  if (values.size >= MAX_VALUES) return false;
  values.add(value);
  return true;
}

/**
 * Value of a label, or `other` when the label already has too many distinct values.
 *
 * @param label name of the label; each has its own bound.
 * @example
 * boundedLabel('subject', 'command.execute.c-1'); // 'command.execute.c-1', or 'other' after 200 different ones
 */
export const boundedLabel = (label: string, value: string): string => (value === OTHER || isKnown(label, value) ? value : OTHER);

/** Place of a message, as labels. */
export interface PlaceLabels {
  readonly platform: string;
  readonly network: string;
  readonly channel: string;
}

/**
 * A place as labels: network and channel become `other` when there are too many distinct places, because the number of their
 * combinations is what grows.
 */
export function boundedPlace({ platform, network, channel }: PlaceLabels): PlaceLabels {
  const bounded = boundedLabel('platform', platform);
  if (isKnown('place', `${platform}\0${network}\0${channel}`)) return { platform: bounded, network, channel };
  return { platform: bounded, network: OTHER, channel: OTHER };
}

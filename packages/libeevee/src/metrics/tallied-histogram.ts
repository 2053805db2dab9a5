import type { Histogram as PromHistogram } from 'prom-client';
import { Histogram, type LabelValues } from './prom-client.ts';
import { TextTree } from './text-tree.ts';

/** Labels as an object, or their values in order. */
type Labels<Label extends string> = [LabelValues<Label>] | string[];

/** A value as the registry reads it. `sharedLabels`: those of all buckets of one combination. */
interface ReadValue {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly sharedLabels: Readonly<Record<string, string | number>>;
  readonly metricName: string;
  value: number;
}

interface Reading {
  readonly values: ReadValue[];
}

/** A method that the registry and `get` of the base class call, and that is missing in the types of the package. */
interface Readable {
  getForPromString(): Promise<Reading>;
}

/**
 * A histogram whose children, as returned by `labels`, count by themselves; their counts are added when the histogram is read. The library
 * checks and hashes the labels for each observation, which takes longer than counting it.
 *
 * @example
 * const histogram = new TalliedHistogram({ name: 'work_seconds', help: 'Duration', labelNames: ['result'], buckets: [0.1, 1] });
 * const success = histogram.labels('success');
 * for (const seconds of durations) success.observe(seconds);
 */
export class TalliedHistogram<Label extends string> extends Histogram<Label> {
  readonly #labelNames: readonly Label[];
  readonly #bounds: readonly number[];
  readonly #byLabels = new TextTree<Tally<Label>>();
  readonly #tallies = new Set<Tally<Label>>();

  constructor(settings: {
    readonly name: string;
    readonly help: string;
    readonly labelNames: readonly Label[];
    readonly buckets: readonly number[];
    readonly registers?: NonNullable<ConstructorParameters<typeof Histogram>[0]['registers']>;
  }) {
    super({ ...settings, buckets: [...settings.buckets] });
    this.#labelNames = settings.labelNames;
    this.#bounds = settings.buckets;
  }

  override labels(...values: string[]): PromHistogram.Internal<Label>;
  override labels(labels: LabelValues<Label>): PromHistogram.Internal<Label>;
  override labels(...given: Labels<Label>): PromHistogram.Internal<Label> {
    // Throws for invalid labels.
    const child = super.labels(...(given as [LabelValues<Label>]));
    const values = this.#valuesOf(given);
    const tally = this.#byLabels.get(values) ?? new Tally(child, { values, bounds: this.#bounds });
    this.#byLabels.set(values, tally);
    this.#tallies.add(tally);
    return tally;
  }

  /** Called for each scrape. */
  async getForPromString(): Promise<Reading> {
    const reading = await (Histogram.prototype as unknown as Readable).getForPromString.call(this);
    const tallies = new TextTree<Tally<Label>>();
    for (const tally of this.#tallies) tallies.set(tally.values, tally);
    for (const each of reading.values) {
      const tally = tallies.get(this.#labelNames.map((name) => String(each.sharedLabels[name] ?? '')));
      if (tally !== undefined) each.value += tally.addition(each);
    }
    return reading;
  }

  override remove(...values: string[]): void;
  override remove(labels: LabelValues<Label>): void;
  override remove(...given: Labels<Label>): void {
    this.#byLabels.get(this.#valuesOf(given))?.clear();
    super.remove(...(given as [LabelValues<Label>]));
  }

  override zero(labels: LabelValues<Label>): void {
    this.#byLabels.get(this.#valuesOf([labels]))?.clear();
    super.zero(labels);
  }

  override reset(): void {
    // The base class calls this before the fields exist.
    if (#tallies in this) for (const tally of this.#tallies) tally.clear();
    super.reset();
  }

  #valuesOf(given: Labels<Label>): string[] {
    const [first] = given;
    if (typeof first !== 'object') return this.#labelNames.map((_name, index) => String(given[index] ?? ''));
    return this.#labelNames.map((name) => String(first[name] ?? ''));
  }
}

/** Observations of one combination of labels. */
class Tally<Label extends string> implements PromHistogram.Internal<Label> {
  /** Values of the labels in their order; empty for missing ones. */
  readonly values: readonly string[];
  readonly #child: PromHistogram.Internal<Label>;
  readonly #bounds: readonly number[];
  /** Observations by bucket, without those of smaller ones; the last number is of those above all bounds. */
  readonly #counts: number[];
  #sum = 0;
  #isKnown = false;

  constructor(
    child: PromHistogram.Internal<Label>,
    { values, bounds }: { readonly values: readonly string[]; readonly bounds: readonly number[] },
  ) {
    this.#child = child;
    this.values = values;
    this.#bounds = bounds;
    this.#counts = Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    // The library creates the series at the first observation, and rejects invalid values.
    if (!this.#isKnown || !Number.isFinite(value)) {
      this.#child.observe(value);
      this.#isKnown = true;
      return;
    }
    let bucket = 0;
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] ?? Infinity)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
  }

  startTimer(): ReturnType<PromHistogram.Internal<Label>['startTimer']> {
    return this.#child.startTimer();
  }

  /** The part of its observations in a value that is read. */
  addition({ labels: { le }, metricName }: ReadValue): number {
    if (metricName.endsWith('_sum')) return this.#sum;
    let count = 0;
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      // The count, and the bucket without a bound, contain all.
      if (typeof le === 'number' && (this.#bounds[bucket] ?? Infinity) > le) break;
      count += this.#counts[bucket] ?? 0;
    }
    return count;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#sum = 0;
    this.#isKnown = false;
  }
}

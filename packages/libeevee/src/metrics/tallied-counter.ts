import type { Counter as PromCounter } from 'prom-client';
import { Counter, type LabelValues } from './prom-client.ts';

/** Labels as an object, or their values in order. */
type Labels<Label extends string> = [LabelValues<Label>] | string[];

/**
 * A counter whose children, as returned by `labels`, keep their increments until the counter is read. The library looks up the values of
 * the labels for each increment, which takes longer than the work that is counted.
 *
 * @example
 * const counter = new TalliedCounter({ name: 'lines_total', help: 'Lines', labelNames: ['result'] });
 * const routed = counter.labels('routed');
 * for (const line of lines) routed.inc();
 * await counter.get(); // the sum
 */
export class TalliedCounter<Label extends string> extends Counter<Label> {
  /** Children with increments that were not added yet. */
  readonly #unsettled = new Set<Tally>();

  override labels(...values: string[]): PromCounter.Internal;
  override labels(labels: LabelValues<Label>): PromCounter.Internal;
  override labels(...given: Labels<Label>): PromCounter.Internal {
    return new Tally(super.labels(...(given as [LabelValues<Label>])), this.#unsettled);
  }

  override get(): ReturnType<Counter<Label>['get']> {
    this.#settle();
    return super.get();
  }

  override remove(...values: string[]): void;
  override remove(labels: LabelValues<Label>): void;
  override remove(...given: Labels<Label>): void {
    this.#settle();
    super.remove(...(given as [LabelValues<Label>]));
  }

  override reset(): void {
    // The base class calls this before the fields exist.
    if (#unsettled in this) for (const tally of this.#unsettled) tally.drop();
    super.reset();
  }

  #settle(): void {
    for (const tally of this.#unsettled) tally.settle();
  }
}

/** Increments of one combination of labels. */
class Tally implements PromCounter.Internal {
  readonly #child: PromCounter.Internal;
  readonly #unsettled: Set<Tally>;
  #isKnown = false;
  #pending = 0;

  constructor(child: PromCounter.Internal, unsettled: Set<Tally>) {
    this.#child = child;
    this.#unsettled = unsettled;
  }

  inc(value = 1): void {
    // The library checks the labels of the first increment, and each value. Children that count only once need not be remembered.
    if (!this.#isKnown || !(value >= 0 && value < Infinity)) {
      this.#child.inc(value);
      this.#isKnown = true;
      return;
    }
    if (this.#pending === 0) this.#unsettled.add(this);
    this.#pending += value;
  }

  settle(): void {
    const pending = this.#pending;
    this.drop();
    this.#child.inc(pending);
  }

  drop(): void {
    this.#pending = 0;
    this.#unsettled.delete(this);
  }
}

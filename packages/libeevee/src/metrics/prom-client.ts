/**
 * The parts of prom-client that this library uses. Its entry point also loads the Pushgateway, summaries and the default metrics, and with
 * them `node:https` and `node:v8`, which a module does not need. A module that imports the package gets the same classes and the same
 * registry.
 */
import type * as prom from 'prom-client';
// @ts-expect-error The package has types only for its entry point.
import counter from 'prom-client/lib/counter.js';
// @ts-expect-error The package has types only for its entry point.
import gauge from 'prom-client/lib/gauge.js';
// @ts-expect-error The package has types only for its entry point.
import histogram from 'prom-client/lib/histogram.js';
// @ts-expect-error The package has types only for its entry point.
import registry from 'prom-client/lib/registry.js';

export type { LabelValues } from 'prom-client';

export const Counter = counter as typeof prom.Counter;
export type Counter<Label extends string = string> = prom.Counter<Label>;
export declare namespace Counter {
  export type Internal = prom.Counter.Internal;
}

export const Gauge = gauge as typeof prom.Gauge;
export type Gauge<Label extends string = string> = prom.Gauge<Label>;
export declare namespace Gauge {
  export type Internal<Label extends string> = prom.Gauge.Internal<Label>;
}

export const Histogram = histogram as typeof prom.Histogram;
export type Histogram<Label extends string = string> = prom.Histogram<Label>;
export declare namespace Histogram {
  export type Internal<Label extends string> = prom.Histogram.Internal<Label>;
}

/** The registry of the process. */
export const register: prom.Registry = (registry as typeof prom.Registry & { readonly globalRegistry: prom.Registry }).globalRegistry;

import type { BotModule } from '@eeveebot/crds';
import type { KubeObject } from '../../../controller/objects/kube-object.ts';
import type { ResourceType } from '../../../controller/objects/resource-type.ts';
import { concernsEevee } from '../../../resource-types/foreign-objects.ts';

/** The fields of prometheus-operator's PodMonitor that the operator writes. */
export interface PodMonitor extends KubeObject {
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly podMetricsEndpoints: readonly {
      readonly port: string;
      readonly path: string;
      readonly interval?: string;
      readonly scrapeTimeout?: string;
    }[];
  };
}

/**
 * Written, never read: the cache has only their metadata. The kind is missing where prometheus-operator is not installed.
 *
 * @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PodMonitor
 */
export const POD_MONITOR: ResourceType<PodMonitor> = {
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'PodMonitor',
  plural: 'podmonitors',
  metadataOnly: true,
  isOptional: true,
  keptWhole: concernsEevee,
};

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** Milliseconds of a duration in Prometheus notation, such as `1m30s`. */
function durationMs(text: string): number {
  const parts = text.matchAll(/(?<count>\d+)(?<unit>ms|[smhdwy])/g);
  return [...parts].reduce((sum, { groups }) => sum + Number(groups?.['count']) * (UNITS_MS[groups?.['unit'] ?? ''] ?? 0), 0);
}

/** Reason why prometheus-operator would refuse the PodMonitor of a module; `undefined` when it would not. */
export function scrapeTimesProblem({ spec }: BotModule): string | undefined {
  const { interval, scrapeTimeout } = spec.podMonitor ?? {};
  if (interval === undefined || scrapeTimeout === undefined || durationMs(scrapeTimeout) <= durationMs(interval)) return undefined;
  return `spec.podMonitor.scrapeTimeout ${scrapeTimeout} is longer than interval ${interval}, which Prometheus rejects: shorten it`;
}

import { defined } from '@eeveebot/contract';
import type { BotModule } from '@eeveebot/crds';
import type { Container } from '../../../resource-types/kubernetes.ts';

type Probes = Pick<Container, 'livenessProbe' | 'readinessProbe' | 'startupProbe'>;

/**
 * The probes of a module's container. The defaults request `/health` from the HTTP server, so only a module with `metrics: true` has them;
 * a probe in the spec replaces its default entirely.
 */
export function moduleProbes({ spec }: BotModule): Probes {
  const httpGet = { path: '/health', port: spec.metricsPort };
  const defaults: Probes = spec.metrics
    ? {
        livenessProbe: { httpGet, initialDelaySeconds: 10, periodSeconds: 30, timeoutSeconds: 5 },
        readinessProbe: { httpGet, initialDelaySeconds: 5, periodSeconds: 10, timeoutSeconds: 3 },
      }
    : {};
  return {
    ...defaults,
    ...defined({ livenessProbe: spec.livenessProbe, readinessProbe: spec.readinessProbe, startupProbe: spec.startupProbe }),
  };
}

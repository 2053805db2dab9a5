import { Type } from 'typebox';
import { rules } from './fields.ts';
import { objectLabels } from './pod-fields.ts';

const DURATION = '^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$';

/** A duration as Prometheus writes it. */
const duration = (description: string) =>
  Type.String({
    description,
    minLength: 1,
    maxLength: 32,
    ...rules({ rule: `self.matches(r'${DURATION}')`, message: 'must be a duration of Prometheus, such as 30s or 1m30s' }),
  });

/** The PodMonitor of a module. */
export const podMonitor = Type.Object(
  {
    enabled: Type.Boolean({ description: 'Whether the PodMonitor is made.', default: true }),
    interval: Type.Optional(duration("How often the metrics are scraped. Prometheus' own setting unless given.")),
    scrapeTimeout: Type.Optional(duration("How long a scrape may take; not longer than interval. Prometheus' own setting unless given.")),
    labels: Type.Optional(
      objectLabels('Further labels of the PodMonitor, such as those that Prometheus selects it by. The labels of the operator win.'),
    ),
  },
  {
    description:
      'Makes a PodMonitor (monitoring.coreos.com/v1), eevee-<name>-module, with which prometheus-operator finds the metrics of the module. {} is enough. Needs metrics. Where the cluster does not have PodMonitors, condition ExtrasInSync says so, and one is made once it has. Removed with this field.',
  },
);

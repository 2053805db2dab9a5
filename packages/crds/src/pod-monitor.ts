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

/** Milliseconds of the units of Prometheus, longest unit first. */
const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, y: 31_536_000_000 };

/** CEL expression for the milliseconds of a duration. CEL's own durations have no days, weeks and years. */
function milliseconds(field: string): string {
  const factor = Object.entries(UNITS).reduceRight((otherwise, [unit, ms]) => `(part.endsWith('${unit}') ? ${ms} : ${otherwise})`, '0');
  return `${field}.findAll('[0-9]+[a-z]+').map(part, int(part.find('[0-9]+')) * ${factor}).sum()`;
}

/** Numbers this long overflow, and are not compared. */
const isLong = (field: string): string => `${field}.matches('[0-9]{8}')`;

/** The PodMonitor of a module. */
export const podMonitor = Type.Object(
  {
    enabled: Type.Boolean({ description: 'Whether the PodMonitor is created.', default: true }),
    interval: Type.Optional(duration('Interval between scrapes of the metrics. Default: the setting of Prometheus.')),
    scrapeTimeout: Type.Optional(duration('Time limit of a scrape; at most interval. Default: the setting of Prometheus.')),
    labels: Type.Optional(
      objectLabels(
        'Additional labels of the PodMonitor, such as those by which Prometheus selects it. The labels of the operator take precedence.',
      ),
    ),
  },
  {
    description:
      'Creates the PodMonitor (monitoring.coreos.com/v1) eevee-<name>-module, through which prometheus-operator finds the metrics of the module; {} is enough. Requires metrics: true. If the cluster does not have PodMonitors, condition ExtrasInSync reports that, and the PodMonitor is created when the kind is installed. It is deleted when the field is removed.',
    ...rules({
      rule:
        `!has(self.interval) || !has(self.scrapeTimeout) || ${isLong('self.interval')} || ${isLong('self.scrapeTimeout')}` +
        ` || ${milliseconds('self.scrapeTimeout')} <= ${milliseconds('self.interval')}`,
      message: 'scrapeTimeout must not be longer than interval, which Prometheus refuses: shorten scrapeTimeout or lengthen interval',
      fieldPath: '.scrapeTimeout',
    }),
  },
);

/** Definitions of the kinds of the Prometheus operator, with its checks of the fields that the chart writes. */

const DURATION = '^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$';

const text = { type: 'string' };
const duration = { type: 'string', pattern: DURATION };
const object = (properties: object) => ({ type: 'object', properties });
const list = (items: object) => ({ type: 'array', items });
const texts = { type: 'object', additionalProperties: text };

const definition = (kind: string, plural: string, spec: object) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.monitoring.coreos.com` },
  spec: {
    group: 'monitoring.coreos.com',
    names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
    scope: 'Namespaced',
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: object({ spec }) } }],
  },
});

const endpoint = object({ port: text, path: text, honorLabels: { type: 'boolean' }, interval: duration, scrapeTimeout: duration });
const rule = object({ alert: text, expr: text, for: duration, labels: texts, annotations: texts });

/** @see https://prometheus-operator.dev/docs/api-reference/api/ */
export const MONITORING_DEFINITIONS: readonly object[] = [
  definition('ServiceMonitor', 'servicemonitors', object({ selector: object({ matchLabels: texts }), endpoints: list(endpoint) })),
  definition('PrometheusRule', 'prometheusrules', object({ groups: list(object({ name: text, rules: list(rule) })) })),
];

import { describe, expect, it } from 'vitest';
import type { ChartName } from '@eeveebot/testing';
import { only, type Rendered } from './manifests.ts';
import { useCharts } from './use-charts.ts';

const LONG = 'x'.repeat(300);

/** Values of the right type that the API server refuses: all paths below must be in the message of Helm. */
const REFUSED: readonly (readonly [ChartName, object, readonly string[]])[] = [
  [
    'operator',
    {
      nameOverride: 'UPPER',
      fullnameOverride: 'a: b',
      kubernetesClusterDomain: '-dash',
      operator: {
        replicas: 10_000_000_000,
        priorityClassName: 'a b',
        nodeSelector: { disk: 'ünïcödé' },
        podLabels: { '': 'x', tier: LONG },
        podAnnotations: { 'a b': 'x' },
        tolerations: [{}, { key: '-dash' }],
        topologySpreadConstraints: [{ maxSkew: '1', topologyKey: 'zone', whenUnsatisfiable: 'Never' }],
        podSecurityContext: { runAsUser: -1, fsGroup: 10_000_000_000 },
        operator: {
          env: { watchNamespaces: 'bots, a b' },
          image: { repository: ' ', tag: 'a b' },
          resources: { requests: { cpu: '', memory: -1, gpu: 1 }, limits: { memory: '1 Gi' } },
          containerSecurityContext: { runAsGroup: -1 },
        },
      },
      eeveeOperatorService: { ports: [{ name: 'ünïcödé', port: 9000, targetPort: '7', appProtocol: 'a b' }] },
      serviceAccount: { name: 'line\nbreak', annotations: { '-dash': 'x' } },
      podDisruptionBudget: { maxUnavailable: '101%' },
      serviceMonitor: { interval: '30 s', labels: { a: ' ' } },
      prometheusRule: { labels: { '/': 'x' } },
      grafanaDashboard: { labels: { a: '-' }, annotations: { '': 'x' } },
      networkPolicy: { from: [{}] },
    },
    [
      ...['/nameOverride', '/fullnameOverride', '/kubernetesClusterDomain', '/operator/replicas', '/operator/priorityClassName'],
      ...['/operator/nodeSelector/disk', '/operator/podLabels', '/operator/podLabels/tier', '/operator/podAnnotations'],
      ...['/operator/tolerations/0', '/operator/tolerations/1/key', '/operator/topologySpreadConstraints/0/maxSkew'],
      ...['/operator/topologySpreadConstraints/0/whenUnsatisfiable', '/operator/podSecurityContext/runAsUser'],
      ...['/operator/podSecurityContext/fsGroup', '/operator/operator/env/watchNamespaces', '/operator/operator/image/repository'],
      ...['/operator/operator/image/tag', '/operator/operator/resources/requests/cpu', '/operator/operator/resources/requests/memory'],
      ...['/operator/operator/resources/requests', '/operator/operator/resources/limits/memory'],
      ...['/operator/operator/containerSecurityContext/runAsGroup', '/eeveeOperatorService/ports/0/name'],
      ...['/eeveeOperatorService/ports/0/targetPort', '/eeveeOperatorService/ports/0/appProtocol', '/serviceAccount/name'],
      ...['/serviceAccount/annotations', '/podDisruptionBudget/maxUnavailable', '/serviceMonitor/interval', '/serviceMonitor/labels/a'],
      ...['/prometheusRule/labels', '/grafanaDashboard/labels/a', '/grafanaDashboard/annotations', '/networkPolicy/from/0'],
    ],
  ],
  [
    'crds',
    {
      fullnameOverride: 'true false',
      update: { nodeSelector: { a: 'a b' }, tolerations: [{ value: 'x' }], image: { tag: 'a b' }, resources: { limits: { cpu: 'much' } } },
    },
    ['/fullnameOverride', '/update/nodeSelector/a', '/update/tolerations/0', '/update/image/tag', '/update/resources/limits/cpu'],
  ],
  [
    'bot',
    {
      nameOverride: 'x'.repeat(54),
      ipcConfig: { name: 'a.b', spec: { nats: { managed: { enabled: true }, token: { generate: true } } } },
      s3Stores: [{ name: 'a..b', spec: {} }],
      botModules: [{ name: 'm', labels: { a: 'a b' }, annotations: { ' ': '' }, spec: { moduleName: 'm', image: 'i:1' } }],
      router: { image: { repository: 'a b' } },
    },
    [
      '/nameOverride',
      '/ipcConfig/name',
      '/s3Stores/0/name',
      '/botModules/0/labels/a',
      '/botModules/0/annotations',
      '/router/image/repository',
    ],
  ],
];

describe('values of a form that the API server does not accept', () => {
  const { objects: template } = useCharts();

  it.each(REFUSED)('are refused by chart %s with their paths', async (chart, values, paths) => {
    const refusal = await template(chart, values).then(
      () => '',
      (error: unknown) => String(error),
    );
    expect(paths.filter((path) => !refusal.includes(`at '${path}'`))).toEqual([]);
  });

  it('are refused if a node port needs another type of Service', async () => {
    const ports = [{ port: 9000, nodePort: 30_000 }];
    await expect(template('operator', { eeveeOperatorService: { ports } })).rejects.toThrow(
      'eeveeOperatorService.ports[0].nodePort needs eeveeOperatorService.type NodePort or LoadBalancer',
    );
    await template('operator', { eeveeOperatorService: { type: 'NodePort', ports } });
  });

  it.each([
    [
      'quantities',
      {
        operator: {
          operator: { resources: { requests: { cpu: 0.5, memory: '1e3', 'nvidia.com/gpu': '1' }, limits: { 'nvidia.com/gpu': 1 } } },
        },
      },
    ],
    ['tolerations of every taint', { operator: { tolerations: [{ operator: 'Exists' }, { key: 'a.b/c', value: 'x' }] } }],
    ['lists of namespaces', { operator: { operator: { env: { watchNamespaces: 'bots, others,' } } } }],
    [
      'names of ports',
      {
        eeveeOperatorService: {
          ports: [
            { port: 9000, targetPort: 'http' },
            { name: 'a-1', port: 1, targetPort: 9000 },
          ],
        },
      },
    ],
    [
      'images of registries without a name',
      {
        operator: {
          operator: {
            image: { repository: '[fd00::1]:5000/eevee/operator' },
            env: { natsImage: '[fd00::1]/nats:2.11', backupImage: '192.0.2.1:5000/eevee/backup:3' },
          },
        },
      },
    ],
    ['counts of pods', { podDisruptionBudget: { enabled: true, maxUnavailable: '50%' } }],
  ])('do not include %s', async (_, values) => {
    await template('operator', values);
  });

  it('are not made by labels and annotations that the chart sets as well: its own take precedence', async () => {
    const own = { 'app.kubernetes.io/name': 'mine', 'app.kubernetes.io/part-of': 'mine', tier: 'x' };
    const annotations = { 'eevee.bot/api-token-checksum': 'mine', 'kubectl.kubernetes.io/default-container': 'mine' };
    const objects = await template('operator', {
      operatorApiToken: { token: 'x' },
      operator: { podLabels: own, podAnnotations: annotations },
      grafanaDashboard: { enabled: true, labels: own },
      serviceMonitor: { enabled: true, labels: own },
      prometheusRule: { enabled: true, labels: own },
    });
    for (const kind of ['ConfigMap', 'ServiceMonitor', 'PrometheusRule'])
      expect(only(objects, kind).metadata.labels).toMatchObject({ 'app.kubernetes.io/name': 'operator', tier: 'x' });
    const deployment = only<{ spec: { template: Rendered } }>(objects, 'Deployment');
    expect(deployment.spec.template.metadata.labels).toMatchObject({ 'app.kubernetes.io/part-of': 'eevee', tier: 'x' });
    expect(deployment.spec.template.metadata.annotations).toEqual({
      'eevee.bot/api-token-checksum': expect.not.stringContaining('mine'),
      'kubectl.kubernetes.io/default-container': 'mine',
    });
    const [module] = await template('bot', { botModules: [{ name: 'm', labels: own, spec: { moduleName: 'm', image: 'i:1' } }] });
    expect(module?.metadata.labels).toMatchObject({ 'app.kubernetes.io/name': 'bot', tier: 'x' });
  });

  it('are not made by spread constraints without a selector, which count the pods of the operator', async () => {
    const constraint = { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' };
    const labelSelector = { matchLabels: { app: 'x' } };
    const other = { ...constraint, whenUnsatisfiable: 'ScheduleAnyway', labelSelector };
    const objects = await template('operator', { operator: { topologySpreadConstraints: [constraint, other] } });
    const { spec } = only<{ spec: { template: { spec: { topologySpreadConstraints: object[] } } } }>(objects, 'Deployment').spec.template;
    expect(spec.topologySpreadConstraints).toEqual([
      { ...constraint, labelSelector: { matchLabels: { 'app.kubernetes.io/name': 'operator', 'app.kubernetes.io/instance': 'eevee' } } },
      other,
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import type { ChartName } from '@eeveebot/testing';
import type { Rendered } from './manifests.ts';
import { useCharts } from './use-charts.ts';

/** Names that Kubernetes accepts and that YAML does not read as strings unless they are quoted. */
const ODD = ['2048', '1e3', '0x10', 'true', 'null', 'no', '1.5'];

const VALUES = {
  bot: {
    ipcConfig: { name: '2048', spec: { nats: { managed: { enabled: true }, token: { generate: true } } } },
    botModules: ODD.map((name) => ({
      name,
      spec: { moduleName: name, image: 'example/echo:1', ipcConfig: '2048' },
      labels: { odd: name },
      annotations: { odd: name },
    })),
    name: '123',
  },
  crds: { update: { enabled: true } },
  operator: {
    prometheusRule: { enabled: true, labels: { release: '123' } },
    serviceMonitor: { enabled: true },
    networkPolicy: { enabled: true },
    podDisruptionBudget: { enabled: true },
    grafanaDashboard: { enabled: true },
    operator: { operator: { env: { watchOtherNamespaces: 'true' } }, priorityClassName: '100', podLabels: { odd: '1e3' } },
  },
};

/** The places where the name, namespace, a label or an annotation of an object is not a string. */
function oddTexts({ kind, metadata }: Rendered): readonly string[] {
  const { name, namespace, labels = {}, annotations = {} } = metadata;
  const texts: Readonly<Record<string, unknown>> = { name, namespace: namespace ?? '', ...labels, ...annotations };
  return Object.entries(texts).flatMap(([place, value]) => (typeof value === 'string' ? [] : [`${kind} ${place}: ${String(value)}`]));
}

describe('values that look like numbers', () => {
  const charts = useCharts();

  it.each([
    ['123', '1e3'],
    ['true', '0777'],
  ])('are strings in the objects of release %s in namespace %s', async (release, namespace) => {
    const objects = await charts.objects('eevee', VALUES, { release, args: ['-n', namespace] });
    expect(objects.length).toBeGreaterThan(15);
    expect(objects.flatMap(oddTexts)).toEqual([]);
    const modules = objects.filter(({ kind }) => kind === 'BotModule');
    expect(modules.map(({ metadata }) => metadata.name)).toEqual(ODD);
    expect(modules.map(({ spec }) => (spec as { moduleName: unknown }).moduleName)).toEqual(ODD);
    expect(JSON.stringify(objects)).toContain('"priorityClassName":"100"');
  });

  it.each<[ChartName, object]>([
    ['operator', { operator: { operator: { resources: { limits: { cpu: 0.5, memory: '1Gi' }, requests: { cpu: 0.25 } } } } }],
    ['crds', { update: { resources: { requests: { cpu: 0.1 } } } }],
  ])('are accepted as quantities, also as numbers, in chart %s', async (chart, values) => {
    await charts.template(chart, values);
  });
});

describe('values that Helm changes', () => {
  const charts = useCharts();

  const template = (chart: ChartName, ...args: readonly string[]): Promise<string> => charts.template(chart, {}, { args });

  // Null removes the default of the chart.
  it.each<[ChartName, string, string]>([
    ['operator', 'kubernetesClusterDomain', "at '': missing property 'kubernetesClusterDomain'"],
    ['operator', 'operator.operator.env.watchOtherNamespaces', "at '/operator/operator/env': missing property 'watchOtherNamespaces'"],
    ['operator', 'operator.operator.image', "at '/operator/operator': missing property 'image'"],
    ['operator', 'prometheusRule.backupMaxAgeHours', "at '/prometheusRule': missing property 'backupMaxAgeHours'"],
    ['crds', 'update.image', "at '/update': missing property 'image'"],
    ['bot', 'router.image.tag', "at '/router/image': missing property 'tag'"],
  ])('are refused: %s without its default for %s', async (chart, path, message) => {
    await expect(template(chart, '--set', `${path}=null`)).rejects.toThrow(message);
  });

  it.each<[ChartName, string]>([
    ['operator', 'operator.podSecurityContext.runAsUser=null,operator.operator.resources=null,operator.strategy=null'],
    ['bot', 'ipcConfig=null,botModules=null,irc=null,s3Stores=null'],
    ['eevee', 'crds=null,operator=null,bot=null'],
  ])('are accepted where nothing needs a default: %s with %s', async (chart, set) => {
    expect(await template(chart, '--set', set)).not.toContain('<nil>');
  });

  it('are refused if they are numbers with more digits than Helm keeps', async () => {
    const irc = [{ name: 'net', host: 'irc.example', settings: { owners: [{ id: 123456789012345678n }] } }];
    const input = JSON.stringify({ irc, router: { moduleConfig: { ids: [9007199254740993n] } } }, (_, value: unknown) =>
      typeof value === 'bigint' ? `${value}` : value,
    );
    const asNumbers = input.replaceAll(/"(\d+)"/g, '$1');
    const render = (values: string) => charts.template('bot', values);
    const refusal = await render(asNumbers).catch((error: unknown) => String(error));
    expect(refusal).toContain("at '/irc/0/settings/owners/0/id': maximum");
    expect(refusal).toContain("at '/router/moduleConfig/ids/0': maximum");
    expect(await render(input)).toContain('id: "123456789012345678"');
  });
});

describe('an upgrade that is rendered without a cluster', () => {
  const charts = useCharts();

  it('renders the same as an installation', async () => {
    const values = { ...VALUES, operator: { operatorApiToken: { token: 'x' } } };
    const render = (...args: readonly string[]): Promise<string> => charts.template('eevee', values, { args });
    expect(await render('--is-upgrade')).toBe(await render());
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { ChartName } from '@eeveebot/testing';
import { ROOT } from '../generate/sources.ts';
import { only, type Rendered } from './manifests.ts';
import { useCharts } from './use-charts.ts';

const UPSTREAM_VALUES = fileURLToPath(new URL('upstream-values.yaml', import.meta.url));
const CHARTS: readonly ChartName[] = ['crds', 'operator', 'bot', 'eevee'];

interface Workload {
  readonly metadata: Rendered['metadata'];
  readonly spec: {
    readonly replicas: number;
    readonly revisionHistoryLimit: number;
    readonly strategy: object;
    readonly template: { readonly metadata: Rendered['metadata']; readonly spec: PodSpec };
  };
}

interface PodSpec {
  readonly securityContext: object;
  readonly terminationGracePeriodSeconds: number;
  readonly nodeSelector?: object;
  readonly tolerations?: object[];
  readonly topologySpreadConstraints?: object[];
  readonly containers: readonly [
    {
      readonly image: string;
      readonly imagePullPolicy: string;
      readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[];
      readonly ports: readonly object[];
      readonly resources: object;
      readonly securityContext: object;
      readonly livenessProbe: { readonly httpGet: object };
      readonly readinessProbe: { readonly httpGet: object };
    },
  ];
}

describe('the charts', () => {
  const charts = useCharts();

  const template = (chart: ChartName, ...args: readonly string[]): Promise<readonly Rendered[]> => charts.objects(chart, {}, { args });
  const deployment = async (...args: readonly string[]): Promise<Workload> =>
    only<Workload>(await template('operator', ...args), 'Deployment');

  it.each(CHARTS)('%s passes helm lint', async (chart) => {
    const { helm } = charts;
    expect(await helm.run(['lint', '--strict', helm.chart(chart)])).toContain('0 chart(s) failed');
  });

  it('are packed with all dependencies of the umbrella', async () => {
    const { helm, folder } = charts;
    await helm.run(['package', helm.chart('eevee'), '--destination', folder]);
    const packed = await helm.run([
      'show',
      'crds',
      join(
        folder,
        readdirSync(folder).find((name) => /^eevee-.*\.tgz$/.test(name))!,
      ),
    ]);
    expect(packed.match(/^kind: CustomResourceDefinition$/gm)).toHaveLength(5);
  });

  it('render the same from the same values and token', async () => {
    const args = ['--set', 'operator.operatorApiToken.token=x'];
    expect(await template('eevee', ...args)).toEqual(await template('eevee', ...args));
  });

  describe('operator', () => {
    it('accepts the values of the 2.x chart unchanged', async () => {
      const objects = await template('operator', '--values', UPSTREAM_VALUES);
      const { spec } = only<Workload>(objects, 'Deployment');
      expect(spec).toMatchObject({ replicas: 2, revisionHistoryLimit: 4, strategy: { type: 'Recreate' } });
      expect(spec.template.spec).toMatchObject({
        nodeSelector: { disk: 'fast' },
        tolerations: [{ key: 'bots', operator: 'Exists', effect: 'NoSchedule' }],
        topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname' }],
        securityContext: { runAsNonRoot: true, runAsUser: 2000 },
      });
      const [container] = spec.template.spec.containers;
      expect(container).toMatchObject({
        image: 'example/operator:9.9.9',
        imagePullPolicy: 'Always',
        ports: [{ name: 'http', containerPort: 9100 }],
        resources: { limits: { cpu: '500m', memory: '128Mi' }, requests: { cpu: '10m', memory: '64Mi' } },
        securityContext: { readOnlyRootFilesystem: true },
      });
      expect(container.env).toEqual(
        expect.arrayContaining([
          { name: 'HTTP_API_PORT', value: '9100' },
          { name: 'KUBE_IN_CLUSTER_CONFIG', value: 'true' },
          { name: 'LOG_LEVEL', value: 'debug' },
          { name: 'WATCH_OTHER_NAMESPACES', value: 'true' },
          { name: 'KUBERNETES_CLUSTER_DOMAIN', value: 'cluster.example' },
        ]),
      );
      expect(only(objects, 'Service')).toMatchObject({
        metadata: { name: 'eevee-eevee-operator-service' },
        spec: { type: 'NodePort', ports: [{ name: 'http', port: 9000, protocol: 'TCP', targetPort: 'http' }] },
      });
      expect(only(objects, 'ServiceAccount').metadata.annotations).toEqual({ 'example.com/role': 'bots' });
      expect(only(objects, 'Secret')).toMatchObject({
        metadata: { name: 'eevee-operator-api-token' },
        data: { token: Buffer.from('a-given-token').toString('base64') },
      });
    });

    it('connects to stores through the proxies in the values', async () => {
      const variables = async (env: object): Promise<readonly object[]> => {
        const { spec } = only<Workload>(await charts.objects('operator', { operator: { operator: { env } } }), 'Deployment');
        return spec.template.spec.containers[0].env.filter(({ name }) => name.endsWith('_PROXY'));
      };
      expect(await variables({})).toEqual([]);
      expect(await variables({ httpProxy: 'http://a:1', httpsProxy: 'b.example:2', noProxy: '.svc,10.0.0.1' })).toEqual([
        { name: 'HTTPS_PROXY', value: 'b.example:2' },
        { name: 'HTTP_PROXY', value: 'http://a:1' },
        { name: 'NO_PROXY', value: '.svc,10.0.0.1' },
      ]);
      for (const httpsProxy of ['http://me:secret@proxy.example:3128', 'socks5://proxy.example']) {
        await expect(variables({ httpsProxy })).rejects.toThrow("at '/operator/operator/env/httpsProxy'");
      }
    });

    it('does not contain the API token in the Deployment', async () => {
      const rendered = await deployment('--set', 'operatorApiToken.token=a-given-token');
      expect(rendered.spec.template.spec.containers[0].env).toContainEqual({
        name: 'EEVEE_OPERATOR_API_TOKEN',
        valueFrom: { secretKeyRef: { name: 'eevee-operator-api-token', key: 'token' } },
      });
      expect(JSON.stringify(rendered)).not.toContain('a-given-token');
    });

    it('restarts the operator only for a new token', async () => {
      const annotations = async (token: string): Promise<object | undefined> =>
        (await deployment('--set', `operatorApiToken.token=${token}`)).spec.template.metadata.annotations;
      expect(await annotations('one')).toEqual(await annotations('one'));
      expect(await annotations('one')).not.toEqual(await annotations('two'));
    });

    it('runs a pod that passes the restricted standard, has probes, and gets time to shut down', async () => {
      const { spec } = (await deployment()).spec.template;
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(20);
      expect(spec.containers[0]).toMatchObject({
        securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
        livenessProbe: { httpGet: { path: '/health' } },
        readinessProbe: { httpGet: { path: '/readyz' } },
      });
    });

    it('has permissions only in its own namespace unless it watches other namespaces', async () => {
      const own = await template('operator');
      expect(own.filter(({ kind }) => kind.startsWith('ClusterRole'))).toEqual([]);
      const all = await template('operator', '--set', 'operator.operator.env.watchOtherNamespaces=true');
      expect(only(all, 'ClusterRole').metadata.name).toBe('eevee:bots:eevee-operator');
      expect(JSON.stringify(only(all, 'Role')['rules'])).not.toContain('secrets');
    });

    it('has a Role in each namespace of a list, and these permissions in its own only if it is listed', async () => {
      const rules = (objects: Awaited<ReturnType<typeof template>>, namespace: string) =>
        JSON.stringify(objects.find((object) => object.kind === 'Role' && object.metadata.namespace === namespace)?.['rules']);
      const others = await template('operator', '--set', 'operator.operator.env.watchNamespaces={two,one}');
      expect(others.filter(({ kind }) => kind.startsWith('ClusterRole'))).toEqual([]);
      expect(rules(others, 'bots')).not.toContain('secrets');
      for (const namespace of ['one', 'two']) expect(rules(others, namespace)).toContain('secrets');
      expect(JSON.stringify(only(others, 'Deployment'))).toContain('"name":"WATCH_NAMESPACES","value":"one,two"');
      const own = await template('operator', '--set-string', 'operator.operator.env.watchNamespaces=bots\\,one');
      expect(rules(own, 'bots')).toContain('secrets');
      expect(own.filter(({ kind }) => kind === 'Role')).toHaveLength(2);
    });

    it('refuses a list of namespaces together with all namespaces', async () => {
      const both = 'operator.operator.env.watchNamespaces={one},operator.operator.env.watchOtherNamespaces=true';
      await expect(template('operator', '--set', both)).rejects.toThrow('set one of the two');
    });

    it.each(['Role', 'ClusterRole'])('has no wildcard in its %s', async (kind) => {
      const objects = await template('operator', '--set', 'operator.operator.env.watchOtherNamespaces=true');
      expect(JSON.stringify(only(objects, kind)['rules'])).not.toContain('*');
    });

    it('creates optional objects on request', async () => {
      const objects = await template(
        'operator',
        ...['--set', 'podDisruptionBudget.enabled=true,serviceMonitor.enabled=true,serviceMonitor.labels.release=prometheus'],
      );
      expect(only(objects, 'PodDisruptionBudget')).toMatchObject({ spec: { maxUnavailable: 1 } });
      expect(only(objects, 'ServiceMonitor')).toMatchObject({
        metadata: { labels: { release: 'prometheus' } },
        spec: { endpoints: [{ port: 'http', path: '/metrics' }] },
      });
    });

    it.each([
      ['its own namespace', 'false', {}],
      ['all namespaces', 'true', { namespaceSelector: {} }],
    ])('admits modules of %s to its API, and the clients in the values', async (_where, watchOtherNamespaces, ofNamespaces) => {
      const policy = `networkPolicy.enabled=true,operator.operator.env.watchOtherNamespaces=${watchOtherNamespaces}`;
      const objects = await template('operator', '--set', policy, '--set-json', 'networkPolicy.from=[{"podSelector":{}}]');
      expect(only(objects, 'NetworkPolicy')['spec']).toEqual({
        podSelector: { matchLabels: { 'app.kubernetes.io/name': 'operator', 'app.kubernetes.io/instance': 'eevee' } },
        policyTypes: ['Ingress'],
        ingress: [
          {
            ports: [{ port: 'http', protocol: 'TCP' }],
            from: [{ podSelector: { matchLabels: { app: 'eevee.bot' } }, ...ofNamespaces }, { podSelector: {} }],
          },
        ],
      });
    });
  });

  it('leave the users of all pods to the cluster with the values for OpenShift', async () => {
    const values = readFileSync(join(ROOT, 'examples/values/openshift.yaml'), 'utf8');
    const args = ['--is-upgrade', '--api-versions', 'v1/Pod,eevee.bot/v1/BotModule,eevee.bot/v1/IpcConfig'];
    const objects = await charts.objects('eevee', values, { args });
    const specs = (...kinds: readonly string[]): readonly string[] =>
      objects.filter(({ kind }) => kinds.includes(kind)).map(({ spec }) => JSON.stringify(spec));
    const pods = specs('Deployment', 'Job');
    const resources = specs('BotModule', 'IpcConfig');
    expect([pods.length, resources.length]).toEqual([2, 5]);
    for (const spec of [...pods, ...resources]) expect(spec).not.toMatch(/runAsUser|runAsGroup|fsGroup/);
    for (const spec of pods) expect(spec).toContain('"securityContext":{"runAsNonRoot":true');
    for (const spec of resources) expect(spec).toContain('"podSecurityContext":{}');
  });

  describe('bot', () => {
    it('passes specs on unchanged', async () => {
      const values = {
        name: 'chat',
        ipcConfig: { name: 'bot', spec: { nats: { managed: { enabled: true }, token: { generate: true } } } },
        botModules: [
          {
            name: 'echo',
            annotations: { 'eevee.bot/paused': 'true' },
            spec: { moduleName: 'echo', image: 'example/echo:1', ipcConfig: 'bot', persistentVolumeClaim: {}, moduleConfig: 'a: 1\n' },
          },
        ],
        s3Stores: [{ name: 'backups', spec: s3Store() }],
        backupSchedules: [{ name: 'nightly', spec: { schedule: '0 3 * * *', s3Store: { name: 'backups' } } }],
      };
      const objects = await charts.objects('bot', values, { release: 'chat' });
      expect(objects.map(({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.name}`).toSorted()).toEqual([
        'eevee.bot/v1 BackupSchedule nightly',
        'eevee.bot/v1 BotModule echo',
        'eevee.bot/v1 IpcConfig bot',
        'eevee.bot/v1 S3Store backups',
      ]);
      expect(only(objects, 'BotModule')).toMatchObject({
        metadata: { annotations: { 'eevee.bot/paused': 'true' }, labels: { 'app.kubernetes.io/part-of': 'chat' } },
        spec: values.botModules[0]?.spec,
      });
      expect(only(objects, 'IpcConfig')['spec']).toEqual(values.ipcConfig.spec);
    });
  });

  describe('values', () => {
    it.each<[ChartName, string, string]>([
      ['operator', 'operator.operator.env.logLevl=debug', "at '/operator/operator/env': additional properties 'logLevl' not allowed"],
      ['operator', 'operator.operator.env.logLevel=loud', "at '/operator/operator/env/logLevel': value must be one of"],
      ['operator', 'operator.operator.resources.limit.cpu=1', "additional properties 'limit' not allowed"],
      ['operator', 'operator.terminationGracePeriodSeconds=20', 'minimum: got 20, want 21'],
      ['operator', 'operator.operator.env.concurrency=0', "at '/operator/operator/env/concurrency': 'anyOf' failed"],
      ['operator', 'operator.operator.env.httpApiPort=65536', "at '/operator/operator/env/httpApiPort': 'anyOf' failed"],
      ['operator', 'replica=2', "additional properties 'replica' not allowed"],
      ['bot', 'botModules[0].name=echo', "at '/botModules/0': missing property 'spec'"],
      [
        'bot',
        'botModules[0].name=echo,botModules[0].spec.moduleName=echo,botModules[0].spec.imge=x',
        "additional properties 'imge' not allowed",
      ],
      ['bot', 'botModule[0].name=echo', "additional properties 'botModule' not allowed"],
      ['bot', 'ipcConfig.name=bot', "properties 'spec' required, if 'name' exists"],
      ['crds', 'update.images.tag=1', "additional properties 'images' not allowed"],
      ['eevee', 'operater.enabled=false', "additional properties 'operater' not allowed"],
      ['eevee', 'bot.modules[0].name=x', "at '': additional properties 'modules' not allowed"],
    ])('of %s with %s are refused with the reason', async (chart, setting, message) => {
      await expect(template(chart, '--set', setting)).rejects.toThrow(message);
    });
  });
});

function s3Store(): object {
  const key = (name: string): object => ({ secretKeyRef: { secret: { name: 's3' }, key: name } });
  return { endpoint: 'https://s3.example.com', bucket: 'backups', accessId: key('id'), accessKey: key('key') };
}

import { describe, expect, it } from 'vitest';
import type { ChartName } from '@eeveebot/testing';
import { only } from './manifests.ts';
import { useCharts } from './use-charts.ts';

const times = { interval: '1m', scrapeTimeout: '61s' };
const monitored = (spec: object) => ({ botModules: [{ name: 'm', spec: { moduleName: 'm', image: 'i:1', ...spec } }] });
const placed = (operator: object) => ({ operator });
const contained = (containerSecurityContext: object) => placed({ operator: { containerSecurityContext } });
const served = (...ports: readonly object[]) => ({ eeveeOperatorService: { ports } });
const nats = (managed: object, more: object = {}) => ({ ipcConfig: { name: 'bot', spec: { nats: { managed, ...more } } } });
const scheduled = (spec: object) => ({ backupSchedules: [{ name: 's', spec: { schedule: '@daily', s3Store: { name: 's3' }, ...spec } }] });
const spread = { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' };
const required = (expression: object) =>
  placed({
    affinity: {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [expression] }] } },
    },
  });
const excepted = (cidr: string, ...except: readonly string[]) => ({
  networkPolicy: { enabled: true, from: [{ ipBlock: { cidr, except } }] },
});
const block = 'networkPolicy.from[0].ipBlock';
const irc = [{ name: 'net', host: 'irc.example', passwordSecret: { name: 'irc', key: 'password' } }];
const root = { runAsUser: 0 };
const two = [{ name: 'x' }, { name: 'y' }, { name: 'x' }];
const same = 'are both x: change or remove one of the two';

/** Values each of which would be fine with another one beside it. */
const PAIRS: readonly (readonly [ChartName, object, ...string[]])[] = [
  ['operator', { serviceMonitor: times }, 'serviceMonitor.scrapeTimeout is 61s, and serviceMonitor.interval only 1m'],
  ['operator', { serviceMonitor: { enabled: true, interval: '1d', scrapeTimeout: '1d1ms' } }, 'serviceMonitor.scrapeTimeout is 1d1ms'],
  [
    'bot',
    monitored({ metrics: true, podMonitor: times }),
    'botModules[0].spec.podMonitor.scrapeTimeout is 61s, and botModules[0].spec.podMonitor.interval only 1m',
  ],
  ['bot', { irc, router: { spec: { podMonitor: times } } }, 'router.spec.podMonitor.scrapeTimeout is 61s'],
  ['bot', { irc, connector: { spec: { podMonitor: times } } }, 'connector.spec.podMonitor.scrapeTimeout is 61s'],
  ['bot', monitored({ podMonitor: {} }), 'botModules[0].spec.podMonitor needs botModules[0].spec.metrics'],
  ['bot', { irc, help: { spec: { metrics: false, podMonitor: {} } } }, 'help.spec.podMonitor needs help.spec.metrics'],
  ['bot', monitored({ backupSchedule: { name: 's' } }), "at '/botModules/0/spec'", 'persistentVolumeClaim', 'backupSchedule'],
  ['bot', monitored({ env: two }), `botModules[0].spec.env[2].name and botModules[0].spec.env[0].name ${same}`],
  ['bot', monitored({ imagePullSecrets: two }), 'botModules[0].spec.imagePullSecrets[2].name', same],
  [
    'bot',
    monitored({ sidecars: [{ name: 'x', image: 'i', ports: [{ containerPort: 1 }, { containerPort: 1, protocol: 'TCP' }] }] }),
    'botModules[0].spec.sidecars[0].ports[1].containerPort, botModules[0].spec.sidecars[0].ports[1].protocol and',
    'are both 1, TCP',
  ],
  [
    'bot',
    { irc, connector: { spec: { volumes: [{ name: 'irc-0-password', emptyDir: {} }] } } },
    'connector.spec.volumes[1].name',
    'are both irc-0-password',
  ],
  [
    'bot',
    monitored({ sidecars: [{ name: 'x', image: 'i', resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }] }),
    'botModules[0].spec.sidecars[0].resources.requests.cpu is 2',
  ],
  ['bot', monitored({ livenessProbe: { exec: {}, httpGet: { port: 1 } } }), "at '/botModules/0/spec/livenessProbe'", 'oneOf'],
  ['bot', monitored({ strategy: { type: 'Recreate', rollingUpdate: {} } }), "at '/botModules/0/spec/strategy"],
  ['bot', monitored({ moduleConfig: 'ä'.repeat(131_073) }), 'botModules[0].spec.moduleConfig has 262146 bytes'],
  ['bot', { irc, router: { moduleConfig: { text: 'ä'.repeat(131_073) } } }, 'router.spec.moduleConfig has'],
  ['bot', scheduled({ startWindow: '23h61m' }), 'backupSchedules[0].spec.startWindow is 23h61m'],
  ['bot', scheduled({ retention: { minAgeHours: 1 } }), "at '/backupSchedules/0/spec/retention'", "missing property 'keepLast'"],
  ['bot', scheduled({ verification: { schedule: '@daily', afterEach: true } }), "at '/backupSchedules/0/spec/verification'", 'oneOf'],
  ['bot', nats({ enabled: true }, { external: { host: 'x' } }), "at '/ipcConfig/spec/nats'"],
  ['bot', nats({ enabled: true }, { tls: { secretName: 'x', issuerRef: { name: 'y' } } }), "at '/ipcConfig/spec/nats/tls'", 'oneOf'],
  ['bot', nats({ enabled: false }), "at '/ipcConfig/spec/nats'", "missing property 'token'"],
  ['bot', { ipcConfig: { name: 'x'.repeat(42), spec: { nats: { managed: { enabled: true, replicas: 3 } } } } }, "at '/ipcConfig/name'"],
  [
    'operator',
    placed({ topologySpreadConstraints: [spread, { ...spread, maxSkew: 2 }] }),
    'operator.topologySpreadConstraints[1].topologyKey',
    'are both zone, ScheduleAnyway',
  ],
  ['operator', placed({ topologySpreadConstraints: [{ ...spread, minDomains: 2 }] }), "'/operator/topologySpreadConstraints/0'"],
  ['operator', placed({ podSecurityContext: { sysctls: two.map((one) => ({ ...one, value: '1' })) } }), same],
  ['operator', placed({ podSecurityContext: { seccompProfile: { type: 'Localhost' } } }), "missing property 'localhostProfile'"],
  [
    'operator',
    placed({ podSecurityContext: { seccompProfile: { localhostProfile: 'x' } } }),
    "'/operator/podSecurityContext/seccompProfile'",
  ],
  ['operator', placed({ podSecurityContext: root }), 'operator.podSecurityContext.runAsUser is 0', 'runAsNonRoot is true'],
  ['crds', { update: { podSecurityContext: root } }, 'update.podSecurityContext.runAsUser is 0', 'runAsNonRoot is true'],
  ['operator', contained(root), 'operator.operator.containerSecurityContext.runAsUser is 0'],
  ['operator', contained({ privileged: true }), "'/operator/operator/containerSecurityContext'"],
  ['operator', contained({ capabilities: { add: ['SYS_ADMIN'] } }), "'/operator/operator/containerSecurityContext'"],
  ['operator', placed({ strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } }), "'/operator/strategy"],
  ['operator', required({ key: 'x', operator: 'Exists', values: ['y'] }), 'matchExpressions/0'],
  ['operator', required({ key: 'x', operator: 'Gt', values: ['1', '2'] }), 'matchExpressions/0'],
  ['operator', { networkPolicy: { from: [{ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }] } }, "'/networkPolicy/from/0'"],
  ['operator', excepted('10.0.0.0/8', '10.1.0.0/16', '11.0.0.0/24'), `${block}.except[1] is 11.0.0.0/24`, `${block}.cidr, 10.0.0.0/8`],
  ['operator', excepted('10.0.0.0/8', '10.0.0.0/8'), `${block}.except[0] is 10.0.0.0/8`],
  ['operator', excepted('10.0.0.0/8', '10.0.0.0/7'), `${block}.except[0] is 10.0.0.0/7`],
  ['operator', excepted('192.168.128.0/18', '192.168.192.0/24'), `${block}.except[0] is 192.168.192.0/24`],
  ['operator', excepted('fd00::/16', 'fe00:1::/32'), `${block}.except[0] is fe00:1::/32`],
  ['operator', excepted('2001:db8:0:1::/64', '2001:db8:0:2::/96'), `${block}.except[0] is 2001:db8:0:2::/96`],
  ['operator', excepted('0.0.0.0/0', '::1/128'), `${block}.except[0] is ::1/128`],
  ['operator', served({ port: 1, name: 'x' }, { port: 2, name: 'x' }), 'eeveeOperatorService.ports[1].name', 'are both x'],
  ['operator', served({ port: 1 }, { port: 1, protocol: 'TCP' }), 'are both 1, TCP'],
  [
    'operator',
    {
      eeveeOperatorService: {
        type: 'NodePort',
        ...served({ port: 1, nodePort: 30_000 }, { port: 2, nodePort: 30_000 }).eeveeOperatorService,
      },
    },
    'are both 30000, TCP',
  ],
  [
    'operator',
    placed({ operator: { resources: { requests: { 'example.com/gpu': 1 } } } }),
    'operator.operator.resources.limits.example.com/gpu',
  ],
  [
    'operator',
    placed({ operator: { resources: { requests: { 'example.com/gpu': 1 }, limits: { 'example.com/gpu': 2 } } } }),
    'the two must be equal',
  ],
];

/** Values like those of {@link PAIRS}, but fine together. */
const FINE: readonly (readonly [ChartName, object])[] = [
  ['operator', { serviceMonitor: { enabled: true, interval: '1h', scrapeTimeout: '60m' } }],
  ['operator', { serviceMonitor: { enabled: true, interval: '', scrapeTimeout: '60m' } }],
  ['bot', { irc, router: { spec: { podMonitor: { interval: '1y', scrapeTimeout: '52w1d' } } } }],
  ['bot', monitored({ podMonitor: { enabled: false } })],
  ['bot', scheduled({ startWindow: '23h60m', retention: { keepDaily: 1 }, verification: { schedule: '@daily', afterEach: false } })],
  ['bot', nats({ enabled: true, replicas: 3 }, { tls: { secretName: 'x' } })],
  ['bot', { ipcConfig: { name: 'x'.repeat(60), spec: { nats: { managed: { enabled: true } } } } }],
  ['operator', served({ port: 1 }, { port: 1, protocol: 'UDP' }, { port: 2 })],
  ['operator', excepted('0.0.0.0/0', '10.0.0.0/8', '192.168.1.1/32', '255.255.255.254/31')],
  ['operator', excepted('192.168.128.0/18', '192.168.191.0/24', '192.168.128.0/19')],
  ['operator', excepted('::/0', '::1/128', 'fd00::/8', '1:2:3:4:5:6:7:8/128', 'A::/16')],
  ['operator', excepted('2001:db8::/33', '2001:db8:7fff::/48', '2001:0db8:0:0:0:0:0:1/128')],
  ['operator', excepted('64:ff9b::/96', '64:ff9b::192.0.2.0/120')],
  // The cluster chooses such a port.
  ['operator', served({ port: 1, nodePort: 0 }, { port: 2, nodePort: 0 })],
  ['operator', served({ port: 1, nodePort: null }, { port: 2, nodePort: null }, { port: 3 })],
  ['operator', placed({ podSecurityContext: root, operator: { containerSecurityContext: { runAsUser: 1000 } } })],
  ['operator', placed({ podSecurityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'x' } } })],
  ['operator', placed({ topologySpreadConstraints: [spread, { ...spread, whenUnsatisfiable: 'DoNotSchedule', minDomains: 2 }] })],
  ['operator', contained({ capabilities: { add: ['SYS_ADMIN'] }, allowPrivilegeEscalation: true })],
  ['operator', required({ key: 'x', operator: 'Gt', values: ['1'] })],
];

describe('values that contradict each other', () => {
  const { template, objects } = useCharts();

  const pairs = PAIRS.map(([chart, values, ...parts]) => ({ chart, values, parts, given: JSON.stringify(values).slice(0, 200) }));
  it.each(pairs)('are refused by chart $chart with their names: $given', async ({ chart, values, parts }) => {
    const refusal = await template(chart, values).then(
      () => 'nothing',
      (error: unknown) => String(error),
    );
    for (const part of parts) expect(refusal).toContain(part);
  });

  it('are refused by the umbrella as well', async () => {
    await expect(template('eevee', { operator: { serviceMonitor: times } })).rejects.toThrow('serviceMonitor.scrapeTimeout is 61s');
    await expect(template('eevee', { bot: monitored({ metrics: true, podMonitor: times }) })).rejects.toThrow('scrapeTimeout is 61s');
  });

  // Kubernetes accepts a name twice when an object is created, and refuses it in a server-side apply.
  it.each<[ChartName, string, object]>([
    ['operator', 'Deployment', placed({ imagePullSecrets: two })],
    ['crds', 'Job', { update: { imagePullSecrets: two } }],
  ])('are not pull secrets with the same name, which chart %s renders once', async (chart, kind, values) => {
    // Makes chart crds render its Job without a cluster.
    const args = ['--is-upgrade', '--api-versions', 'v1/Pod'];
    const { spec } = only<{ spec: { template: { spec: object } } }>(await objects(chart, values, { args }), kind);
    expect(spec.template.spec).toMatchObject({ imagePullSecrets: [{ name: 'x' }, { name: 'y' }] });
  });

  it.each(FINE)('are accepted by chart %s if they do not: %j', async (chart, values) => {
    await template(chart, values);
  });
});

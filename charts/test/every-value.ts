/** Valid values that use everything that the charts have: each object that is off by default is on, and each list and map has an entry. */

const labelSelector = { matchLabels: { tier: 'chat' }, matchExpressions: [{ key: 'disk', operator: 'In', values: ['fast'] }] };
const toleration = { key: 'bots', operator: 'Equal', value: 'x', effect: 'NoExecute', tolerationSeconds: 60 };
const resources = { requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '4', memory: '4Gi' } };
const secret = (name: string) => ({ name, key: 'password' });
const secretKeyRef = (key: string) => ({ secretKeyRef: { secret: { name: 's3' }, key } });

const podSecurityContext = {
  runAsNonRoot: true,
  runAsUser: 1000,
  runAsGroup: 1000,
  fsGroup: 1000,
  fsGroupChangePolicy: 'OnRootMismatch',
  supplementalGroups: [1000],
  supplementalGroupsPolicy: 'Merge',
  seccompProfile: { type: 'RuntimeDefault' },
  sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '1' }],
};

/** A built-in module. */
const module = (name: string) => ({
  image: { repository: `example/${name}`, tag: '1.0.0' },
  spec: { size: 2, resources, podLabels: { tier: 'chat' }, nodeSelector: { disk: 'fast' }, tolerations: [toleration] },
});

const described = { labels: { tier: 'chat' }, annotations: { 'example.com/owner': 'bots' } };

export const EVERY_VALUE = {
  nameOverride: 'bots',
  fullnameOverride: 'bots',
  global: {},
  enabled: true,
  crds: {
    enabled: true,
    global: {},
    nameOverride: 'definitions',
    fullnameOverride: 'definitions',
    kubernetesClusterDomain: 'cluster.local',
    keepDefinitions: { check: true },
    aggregatedRoles: { create: true },
    update: {
      enabled: true,
      image: { repository: 'example/operator', tag: '1.0.0' },
      imagePullPolicy: 'IfNotPresent',
      imagePullSecrets: [{ name: 'registry' }],
      resources,
      podSecurityContext,
      nodeSelector: { disk: 'fast' },
      tolerations: [toleration],
    },
  },
  operator: {
    enabled: true,
    global: {},
    nameOverride: 'bots',
    fullnameOverride: 'bots-operator',
    operatorApiToken: { token: 'a-token', create: true },
    otherOperators: { check: true },
    operator: {
      replicas: 2,
      operator: {
        env: {
          httpApiPort: '9000',
          kubeInClusterConfig: 'true',
          logLevel: 'info',
          logFormat: 'json',
          watchOtherNamespaces: 'false',
          watchNamespaces: ['bots'],
          leaderElection: 'true',
          concurrency: '16',
          natsImage: 'example/nats:2',
          backupImage: 'example/backup:1',
          operatorApiUrl: 'http://operator.example:9000',
          httpProxy: 'http://proxy.example:3128',
          httpsProxy: 'proxy.example:3128',
          noProxy: '.svc,s3.example.com',
        },
        image: { repository: 'example/operator', tag: '1.0.0' },
        imagePullPolicy: 'IfNotPresent',
        resources,
        containerSecurityContext: {
          runAsUser: 1000,
          runAsGroup: 1000,
          runAsNonRoot: true,
          privileged: false,
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          procMount: 'Default',
          capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
          seccompProfile: { type: 'Localhost', localhostProfile: 'profiles/operator.json' },
          appArmorProfile: { type: 'Localhost', localhostProfile: 'operator' },
          seLinuxOptions: { user: 'u', role: 'r', type: 't', level: 's0' },
        },
      },
      imagePullSecrets: [{ name: 'registry' }],
      nodeSelector: { disk: 'fast' },
      tolerations: [toleration],
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator: 'In', values: ['fast'] }] }],
          },
        },
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 50, podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector } },
          ],
        },
      },
      topologySpreadConstraints: [
        { maxSkew: 1, minDomains: 2, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector },
      ],
      priorityClassName: 'important',
      podAnnotations: { 'example.com/owner': 'bots' },
      podLabels: { tier: 'chat' },
      podSecurityContext,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: '50%' } },
      revisionHistoryLimit: 10,
      terminationGracePeriodSeconds: 30,
    },
    eeveeOperatorService: {
      type: 'NodePort',
      ports: [{ name: 'http', port: 9000, protocol: 'TCP', targetPort: 'http', nodePort: 30_000, appProtocol: 'http' }],
    },
    serviceAccount: { create: true, name: 'bots-operator', annotations: { 'example.com/owner': 'bots' }, automount: false },
    rbac: { create: true },
    kubernetesClusterDomain: 'cluster.local',
    podDisruptionBudget: { enabled: true, maxUnavailable: 1 },
    serviceMonitor: { enabled: true, interval: '30s', scrapeTimeout: '10s', labels: { tier: 'chat' } },
    prometheusRule: { enabled: true, labels: { tier: 'chat' }, backupMaxAgeHours: 26, verificationMaxAgeHours: 192 },
    grafanaDashboard: { enabled: true, ...described },
    networkPolicy: {
      enabled: true,
      from: [
        { podSelector: labelSelector, namespaceSelector: labelSelector },
        { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } },
      ],
    },
  },
  bot: {
    enabled: true,
    global: {},
    nameOverride: 'bots',
    fullnameOverride: 'bots',
    name: 'bots',
    irc: [
      {
        name: 'libera',
        host: 'irc.example.com',
        port: 6697,
        tls: true,
        nick: 'bot',
        altNicks: ['bot_'],
        username: 'bot',
        realname: 'a bot',
        channels: ['#bots', { channel: '#secret', key: 'word' }],
        prefix: '!',
        passwordSecret: secret('server'),
        sasl: { mechanism: 'PLAIN', account: 'bot', passwordSecret: secret('sasl') },
        nickserv: { account: 'bot', passwordSecret: secret('nickserv') },
        settings: { ident: { version: 'a bot' } },
      },
    ],
    connector: module('connector'),
    router: { enabled: true, moduleConfig: { setting: 'x' }, ...module('router') },
    help: { enabled: true, moduleConfig: { setting: 'x' }, ...module('help') },
    echo: { enabled: true, moduleConfig: { setting: 'x' }, ...module('echo') },
    ipcConfig: {
      name: 'bots',
      ...described,
      spec: {
        nats: {
          managed: { enabled: true, replicas: 3, resources, jetstream: { enabled: true, size: '1Gi' } },
          token: { generate: true, secretKeyRef: { secret: { name: 'token' }, key: 'token' } },
        },
      },
    },
    botModules: [
      {
        name: 'dice',
        ...described,
        spec: {
          moduleName: 'dice',
          image: 'example/dice:1.0.0',
          ipcConfig: 'bots',
          moduleConfig: 'sides: 6\n',
          persistentVolumeClaim: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          backupSchedule: { name: 'nightly' },
          env: [{ name: 'SIDES', value: '6' }],
          resources,
        },
      },
    ],
    s3Stores: [
      {
        name: 'backups',
        ...described,
        spec: {
          endpoint: 'https://s3.example.com',
          bucket: 'backups',
          accessId: secretKeyRef('id'),
          accessKey: secretKeyRef('key'),
          region: 'eu-central-1',
          prefix: 'bots',
        },
      },
    ],
    backupSchedules: [
      {
        name: 'nightly',
        ...described,
        spec: { schedule: '30 3 * * *', s3Store: { name: 'backups' }, retention: { keepLast: 7 }, resources, timeZone: 'Europe/Berlin' },
      },
    ],
  },
};

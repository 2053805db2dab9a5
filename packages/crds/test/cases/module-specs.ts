/** The shortest spec of a BotModule. */
export const minimal = { moduleName: 'echo', image: 'team/echo:1.2.3' };

/** Pod settings of a BotModule besides its own container. */
export const podSpec = {
  command: ['node'],
  args: ['main.js', ''],
  envFrom: [{ configMapRef: { name: 'settings' } }, { prefix: 'B_', secretRef: { name: 'keys', optional: true } }],
  volumes: [
    { name: 'cache', emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } },
    { name: 'all', projected: { sources: [{ secret: { name: 'keys' } }, { configMap: { name: 'settings' } }] } },
    {
      name: 'own',
      ephemeral: {
        volumeClaimTemplate: {
          metadata: { labels: { a: 'b' } },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      },
    },
    { name: 'driver', csi: { driver: 'secrets-store.csi.k8s.io', readOnly: true, volumeAttributes: { secretProviderClass: 'x' } } },
  ],
  volumeMounts: [
    { name: 'cache', mountPath: '/cache', subPath: 'a' },
    { name: 'all', mountPath: '/all', readOnly: true },
  ],
  initContainers: [{ name: 'proxy', image: 'team/proxy:1', restartPolicy: 'Always', ports: [{ containerPort: 80, protocol: 'TCP' }] }],
  sidecars: [
    {
      name: 'log',
      image: 'team/log:1',
      command: ['log'],
      env: [{ name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
      resources: { requests: { cpu: '10m' }, limits: { memory: '64Mi' } },
      livenessProbe: { httpGet: { path: '/', port: 80 } },
      lifecycle: { preStop: { sleep: { seconds: 1 } } },
      volumeMounts: [{ name: 'cache', mountPath: '/cache' }],
      securityContext: { readOnlyRootFilesystem: true },
    },
  ],
  lifecycle: { preStop: { exec: { command: ['sleep', '1'] } } },
  topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }],
  priorityClassName: 'high',
  runtimeClassName: 'gvisor',
  hostAliases: [{ ip: '10.0.0.1', hostnames: ['irc'] }],
  dnsConfig: { nameservers: ['10.0.0.2'], options: [{ name: 'ndots', value: '2' }], searches: ['bots'] },
  revisionHistoryLimit: 0,
  progressDeadlineSeconds: 60,
};

/** Token that modules of 2.x got in plain text. */
const TOKEN = 'literal-token';

/**
 * Objects of operator 2.x for the module `echo` on the IpcConfig `bot`, after these resources were deleted: tokens as values, the default
 * probe although nothing listens, the configuration as a single file.
 */
export function formerObjects(namespace: string): readonly object[] {
  const labels = { app: 'eevee.bot', 'eevee.bot/module': 'echo' };
  const natsLabels = { 'eevee.bot/nats-server': 'true', 'eevee.bot/ipcconfig': 'bot' };
  const probe = { httpGet: { path: '/health', port: 9000 }, initialDelaySeconds: 10 };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'eevee-echo-module', namespace, labels: { ...labels, 'eevee.bot/version': '2.3.0' } },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels, annotations: { 'kubectl.kubernetes.io/restartedAt': '2025-05-05T00:00:00Z' } },
          spec: {
            containers: [
              {
                name: 'module',
                image: 'eevee/echo:0',
                env: [
                  { name: 'NAMESPACE', value: namespace },
                  { name: 'NATS_HOST', value: `eevee-bot-nats.${namespace}.svc.cluster.local` },
                  { name: 'NATS_TOKEN', value: TOKEN },
                  { name: 'EEVEE_OPERATOR_API_TOKEN', value: 'literal-api-token' },
                  { name: 'MODULE_CONFIG_PATH', value: '/app/config.yaml' },
                  { name: 'GONE_SINCE', value: '2.x' },
                ],
                envFrom: [{ secretRef: { name: 'eevee-bot-nats-auth' } }],
                ports: [{ name: 'metrics', containerPort: 9000 }],
                livenessProbe: probe,
                readinessProbe: probe,
                volumeMounts: [
                  { name: 'module-config', mountPath: '/app/config.yaml', subPath: 'config.yaml' },
                  { name: 'data', mountPath: '/data' },
                ],
              },
            ],
            volumes: [
              { name: 'module-config', configMap: { name: 'eevee-echo-module-config' } },
              { name: 'data', persistentVolumeClaim: { claimName: 'eevee-echo-module-pvc' } },
            ],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'eevee-echo-module-config', namespace },
      data: { 'config.yaml': 'greeting: hello', 'former.yaml': 'a: 1' },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'eevee-echo-module-pvc', namespace },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'eevee-bot-nats-auth', namespace },
      stringData: { token: TOKEN, host: `eevee-bot-nats.${namespace}.svc.cluster.local` },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'eevee-bot-nats', namespace },
      spec: {
        selector: { matchLabels: natsLabels },
        template: {
          metadata: { labels: natsLabels },
          spec: { containers: [{ name: 'nats-server', image: 'nats:latest', args: ['--auth', TOKEN], ports: [{ containerPort: 4222 }] }] },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'eevee-bot-nats', namespace },
      spec: {
        selector: natsLabels,
        ports: [
          { name: 'nats', port: 4222 },
          { name: 'monitor', port: 8222 },
          { name: 'leafnodes', port: 7422 },
        ],
      },
    },
  ];
}

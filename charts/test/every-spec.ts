import { EVERY_POD_FIELD } from '../../apps/operator/test/every-pod-field.ts';

const secretKey = { secretKeyRef: { secret: { name: 's3', namespace: 'bots' }, key: 'key' } };
const { BotModule, IpcConfig, BackupSchedule } = EVERY_POD_FIELD;
const { managed } = IpcConfig.nats;

/** A valid bot whose resources use the fields of their kinds. */
export const EVERY_SPEC = {
  crds: { enabled: false },
  operator: { enabled: false },
  bot: {
    ipcConfig: {
      name: 'bot',
      spec: { nats: { ...IpcConfig.nats, managed, tls: { issuerRef: { name: 'x', kind: 'Issuer', group: 'cert-manager.io' } } } },
    },
    botModules: [
      {
        name: 'm',
        spec: {
          ...BotModule,
          pullPolicy: 'Always',
          enabled: true,
          ipcConfig: 'bot',
          mountOperatorApiToken: true,
          restartOnConfigChange: true,
          restartOnSecretChange: true,
          automountServiceAccountToken: false,
          backupSchedule: { name: 's' },
          bootstrapFromBackup: { ...BotModule.bootstrapFromBackup, backupId: '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d' },
          podMonitor: { enabled: true, interval: '30s', scrapeTimeout: '10s', labels: { tier: 'chat' } },
        },
      },
    ],
    s3Stores: [
      {
        name: 's3',
        spec: {
          endpoint: 'https://s3.example.com:9000/below',
          bucket: 'backups',
          accessId: secretKey,
          accessKey: secretKey,
          prefix: 'a/b',
          region: 'eu-central-1',
          pathStyle: true,
          signatureV2: false,
          caBundle: { configMapKeyRef: { configMap: { name: 'ca' }, key: 'ca.crt' } },
          connectionTestIntervalSeconds: 60,
        },
      },
    ],
    backupSchedules: [
      {
        name: 's',
        spec: {
          ...BackupSchedule,
          startWindow: '1h30m',
          suspend: false,
          retention: { keepLast: 1, keepHourly: 1, keepDaily: 1, keepWeekly: 1, keepMonthly: 1, minAgeHours: 1 },
        },
      },
    ],
  },
};

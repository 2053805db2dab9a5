import { randomBytes } from 'node:crypto';
import { S3_SERVER_IMAGE } from '../images/images.ts';

/** Name of the S3 server's objects, and so its host name in the namespace. */
const NAME = 'demo-s3';
const PORT = 7070;
const BUCKET = 'backups';

/** Label by which the S3 server's Deployment is found. */
export const S3_SELECTOR = `app=${NAME}`;

/** An S3 server in the cluster with one empty bucket, which is deleted with its pod. */
export function s3ServerObjects(): readonly object[] {
  const labels = { app: NAME };
  const volume = (name: string) => ({ name, emptyDir: {} });
  return [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: NAME },
      stringData: { accessId: 'demo', accessKey: randomBytes(16).toString('hex') },
    },
    { apiVersion: 'v1', kind: 'Service', metadata: { name: NAME }, spec: { selector: labels, ports: [{ name: 's3', port: PORT }] } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: NAME, labels },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            securityContext: {
              runAsNonRoot: true,
              runAsUser: 1000,
              runAsGroup: 1000,
              fsGroup: 1000,
              seccompProfile: { type: 'RuntimeDefault' },
            },
            containers: [
              {
                name: 's3',
                image: S3_SERVER_IMAGE,
                // A folder below the root is a bucket.
                args: ['--port', `:${PORT}`, '--health', '/healthz', 'posix', '--sidecar', '/metadata', '/buckets'],
                env: ['ROOT_ACCESS_KEY', 'ROOT_SECRET_KEY'].map((name, index) => ({
                  name,
                  valueFrom: { secretKeyRef: { name: NAME, key: index === 0 ? 'accessId' : 'accessKey' } },
                })),
                ports: [{ name: 's3', containerPort: PORT }],
                readinessProbe: { httpGet: { path: '/healthz', port: 's3' }, periodSeconds: 1 },
                securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
                volumeMounts: [
                  { name: 'buckets', mountPath: '/buckets' },
                  // Not used by the server: the mount makes the kubelet create the folder, and so the bucket.
                  { name: 'buckets', mountPath: `/made/${BUCKET}`, subPath: BUCKET },
                  { name: 'metadata', mountPath: '/metadata' },
                ],
              },
            ],
            volumes: [volume('buckets'), volume('metadata')],
          },
        },
      },
    },
  ];
}

/** The S3Store for it, and a schedule that does not run during a demo. */
export function backupObjects(): readonly object[] {
  const credential = (key: string) => ({ secretKeyRef: { secret: { name: NAME }, key } });
  return [
    {
      apiVersion: 'eevee.bot/v1',
      kind: 'S3Store',
      metadata: { name: 'demo' },
      spec: {
        endpoint: `http://${NAME}:${PORT}`,
        bucket: BUCKET,
        pathStyle: true,
        accessId: credential('accessId'),
        accessKey: credential('accessKey'),
      },
    },
    {
      apiVersion: 'eevee.bot/v1',
      kind: 'BackupSchedule',
      metadata: { name: 'nightly' },
      spec: { schedule: '30 3 * * *', s3Store: { name: 'demo' } },
    },
  ];
}

/** A restore of the newest backup of the echo module. */
export const restoreObject = (): object => ({
  apiVersion: 'eevee.bot/v1',
  kind: 'BackupRestore',
  metadata: { name: 'echo-back' },
  spec: { botModule: { name: 'echo' }, s3Store: { name: 'demo' }, cleanRestore: true },
});

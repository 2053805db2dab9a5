import type { Cases } from './case.ts';

const credential = { secretKeyRef: { secret: { name: 's3' }, key: 'id' } };
const minimal = { endpoint: 'https://s3.example.com', bucket: 'eevee', accessId: credential, accessKey: credential };
const defaults = { region: 'us-east-1', pathStyle: false, signatureV2: false, connectionTestIntervalSeconds: 300 };
const NO_ENDPOINT = 'must be an http:// or https:// URL, such as https://s3.example.com: without user, password, query or spaces';
const NO_PREFIX =
  "must not have empty segments or the segments '.' and '..', such as in a//b or a/../b: some stores resolve them like paths";
const ONE_CA = 'spec.caBundle: Invalid value: must have exactly one of configMapKeyRef and secretKeyRef';

export const s3Store: Cases = {
  accepted: [
    { title: 'a minimal one', spec: minimal, defaults },
    {
      title: 'one with everything',
      spec: {
        endpoint: 'http://10.0.0.1:9000/storage/v1/s3',
        bucket: 'Eevee_backups.1',
        accessId: { secretKeyRef: { secret: { name: 's3', namespace: 'default' }, key: 'ACCESS_ID' } },
        accessKey: { secretKeyRef: { secret: { name: 's3', namespace: 'default' }, key: 'ACCESS_KEY' } },
        prefix: '/bots/',
        region: 'auto',
        pathStyle: true,
        signatureV2: true,
        caBundle: { secretKeyRef: { secret: { name: 'ca' }, key: 'tls.crt' } },
        connectionTestIntervalSeconds: 60,
      },
    },
    { title: 'slashes around the prefix', spec: { ...minimal, prefix: '//team/a.b/..c//' }, defaults },
    { title: 'a prefix that consists only of slashes', spec: { ...minimal, prefix: '//' }, defaults },
    {
      title: 'certificates under the usual key',
      spec: { ...minimal, caBundle: { configMapKeyRef: { configMap: { name: 'ca' } } } },
      defaults: { ...defaults, caBundle: { configMapKeyRef: { key: 'ca.crt' } } },
    },
  ],
  refused: [
    {
      title: 'nothing',
      spec: {},
      problems: [
        'spec.endpoint: Required value',
        'spec.bucket: Required value',
        'spec.accessId: Required value',
        'spec.accessKey: Required value',
      ],
    },
    {
      title: 'an endpoint without a scheme',
      spec: { ...minimal, endpoint: 's3.example.com' },
      problems: [`spec.endpoint: Invalid value: "s3.example.com": ${NO_ENDPOINT}`],
    },
    {
      title: 'credentials in the endpoint',
      spec: { ...minimal, endpoint: 'https://me:secret@s3.example.com' },
      problems: [`spec.endpoint: Invalid value: "https://me:secret@s3.example.com": ${NO_ENDPOINT}`],
    },
    {
      title: 'another protocol',
      spec: { ...minimal, endpoint: 'ftp://a' },
      problems: [`spec.endpoint: Invalid value: "ftp://a": ${NO_ENDPOINT}`],
    },
    {
      title: 'a folder in the bucket',
      spec: { ...minimal, bucket: 'eevee/bots' },
      problems: [
        "spec.bucket: Invalid value: \"eevee/bots\": must be only the name of a bucket: three or more letters, digits, '-', '.' and '_'; put a folder in it into prefix",
      ],
    },
    {
      title: 'credentials without a key',
      spec: { ...minimal, accessId: { secretKeyRef: { secret: { name: 's3' } } } },
      problems: ['spec.accessId.secretKeyRef.key: Required value'],
    },
    {
      title: 'tests without a pause',
      spec: { ...minimal, connectionTestIntervalSeconds: 1 },
      problems: [
        'spec.connectionTestIntervalSeconds: Invalid value: 1: spec.connectionTestIntervalSeconds in body should be greater than or equal to 10',
      ],
    },
    ...['a//b', 'a/./b', '../a', 'a/..', '.', '/../'].map((prefix) => ({
      title: `the prefix ${prefix}`,
      spec: { ...minimal, prefix },
      problems: [`spec.prefix: Invalid value: ${JSON.stringify(prefix)}: ${NO_PREFIX}`],
    })),
    { title: 'certificates from nowhere', spec: { ...minimal, caBundle: {} }, problems: [ONE_CA] },
    {
      title: 'certificates from two places',
      spec: { ...minimal, caBundle: { configMapKeyRef: { configMap: { name: 'a' } }, secretKeyRef: { secret: { name: 'a' } } } },
      problems: [ONE_CA],
    },
  ],
};

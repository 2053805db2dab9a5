import { type Cases, NO_IMAGE, NO_NAME, NO_SELECTING_LABEL } from './case.ts';

const managed = { enabled: true };
const token = { generate: true };
const NO_HOST =
  'must be a host, such as nats.example.com, nats.example.com:4222 or tls://nats.example.com: without a path, user or spaces, and with a port of at most 65535';
const NO_REPLICAS = 'must be 1 or an odd number of at least 3: an even number survives no more failures than the next lower odd number';
const NO_TOKEN = 'is required for a NATS that the operator does not run: add token with generate: false and the secretKeyRef of its token';

const managedDefaults = { nats: { managed: { imagePullPolicy: 'IfNotPresent', replicas: 1 } } };

export const ipcConfig: Cases = {
  accepted: [
    { title: 'a managed one', spec: { nats: { managed, token } }, defaults: managedDefaults },
    { title: 'a managed one that says nothing of the token', spec: { nats: { managed } }, defaults: managedDefaults },
    {
      title: 'one with a token of its own',
      spec: {
        nats: {
          managed,
          token: { generate: false, secretKeyRef: { secret: { name: 'nats-auth', namespace: 'default' }, key: 'pass.word_1' } },
        },
      },
      defaults: managedDefaults,
    },
    {
      title: 'a token under the usual key',
      spec: { nats: { managed, token: { generate: true, secretKeyRef: { secret: { name: 'nats-auth' } } } } },
      defaults: { nats: { ...managedDefaults.nats, token: { secretKeyRef: { key: 'token' } } } },
    },
    {
      title: 'a NATS run elsewhere whose host is in the Secret',
      spec: {
        nats: { managed: { enabled: false }, token: { generate: false, secretKeyRef: { secret: { name: 'nats-auth' }, key: 'token' } } },
      },
      defaults: managedDefaults,
    },
    {
      title: 'a NATS run elsewhere whose host is given',
      spec: { nats: { external: { host: 'tls://nats.example.com:4223' }, token: { generate: false } } },
    },
    {
      title: 'a NATS run elsewhere by address, with the managed one switched off',
      spec: { nats: { managed: { enabled: false }, external: { host: '[fd00::1]:4222' }, token: { generate: false } } },
      defaults: managedDefaults,
    },
    {
      title: 'a cluster with everything',
      spec: {
        nats: {
          managed: {
            enabled: true,
            image: 'nats:2.15.2-alpine',
            imagePullPolicy: 'Always',
            resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
            replicas: 5,
            jetstream: { enabled: true, size: '20Gi', storageClassName: 'fast' },
            podSecurityContext: {},
            imagePullSecrets: [{ name: 'registry' }],
            nodeSelector: { disk: 'fast' },
            tolerations: [{ key: 'chat', operator: 'Exists' }],
            affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone' }] } },
            topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }],
            priorityClassName: 'high',
            podLabels: { team: 'chat' },
            podAnnotations: { note: 'anything' },
          },
          token,
        },
      },
    },
    {
      title: 'TLS with a certificate of its own',
      spec: { nats: { managed, tls: { secretName: 'nats-certificate' } } },
      defaults: managedDefaults,
    },
    {
      title: 'TLS with a certificate from cert-manager',
      spec: { nats: { managed, tls: { issuerRef: { name: 'ca' } } } },
      defaults: { nats: { ...managedDefaults.nats, tls: { issuerRef: { kind: 'Issuer', group: 'cert-manager.io' } } } },
    },
    {
      title: 'a NATS run elsewhere with a private authority',
      spec: {
        nats: {
          external: { host: 'tls://nats.example.com', caBundle: { configMapKeyRef: { configMap: { name: 'ca' } } } },
          token: { generate: false },
        },
      },
      defaults: { nats: { external: { caBundle: { configMapKeyRef: { key: 'ca.crt' } } } } },
    },
    {
      title: 'JetStream on a volume of the usual size',
      spec: { nats: { managed: { enabled: true, replicas: 3, jetstream: { enabled: true } } } },
      defaults: { nats: { managed: { imagePullPolicy: 'IfNotPresent', jetstream: { size: '1Gi' } } } },
    },
  ],
  refused: [
    { title: 'nothing', spec: {}, problems: ['spec.nats: Required value'] },
    {
      title: 'a token in the place of the host',
      spec: { nats: { managed, token: { generate: true, secretKeyRef: { secret: { name: 'a' }, key: 'host' } } } },
      problems: [
        "spec.nats.token.secretKeyRef.key: Invalid value: must not be host, which is the key of the server's host name: the token would be that name",
      ],
    },
    {
      title: 'no NATS at all',
      spec: { nats: {} },
      problems: [
        'spec.nats: Invalid value: must define a NATS: add managed with enabled: true to run one, or external with the host of an existing one',
      ],
    },
    {
      title: 'a managed one that may run or not',
      spec: { nats: { managed: {} } },
      problems: ['spec.nats.managed.enabled: Required value'],
    },
    { title: 'a token from nowhere', spec: { nats: { managed, token: {} } }, problems: ['spec.nats.token.generate: Required value'] },
    {
      title: 'two servers',
      spec: { nats: { managed: { enabled: true, replicas: 2 } } },
      problems: [`spec.nats.managed.replicas: Invalid value: 2: ${NO_REPLICAS}`],
    },
    {
      title: 'no servers',
      spec: { nats: { managed: { enabled: true, replicas: 0 } } },
      problems: [`spec.nats.managed.replicas: Invalid value: 0: ${NO_REPLICAS}`],
    },
    {
      title: 'one run here and elsewhere',
      spec: { nats: { managed, token, external: { host: 'nats.example.com' } } },
      problems: [
        'spec.nats.external: Forbidden: external is an existing NATS, but managed.enabled is true: remove external or set managed.enabled to false',
      ],
    },
    {
      title: 'one run elsewhere without a token',
      spec: { nats: { external: { host: 'nats.example.com' } } },
      problems: [`spec.nats.token: Required value: ${NO_TOKEN}`],
    },
    {
      title: 'none run here, and no token',
      spec: { nats: { managed: { enabled: false } } },
      problems: [`spec.nats.token: Required value: ${NO_TOKEN}`],
    },
    {
      title: 'a web address for a host',
      spec: { nats: { external: { host: 'http://nats.example.com/x' }, token } },
      problems: [`spec.nats.external.host: Invalid value: "http://nats.example.com/x": ${NO_HOST}`],
    },
    ...['nats.example.com:65536', '[fd00::1]:0'].map((host) => ({
      title: `a port that does not exist: ${host}`,
      spec: { nats: { external: { host }, token } },
      problems: [`spec.nats.external.host: Invalid value: "${host}": ${NO_HOST}`],
    })),
    {
      title: 'JetStream that may run or not',
      spec: { nats: { managed: { enabled: true, jetstream: { size: '1Gi' } } } },
      problems: ['spec.nats.managed.jetstream.enabled: Required value'],
    },
    {
      title: 'JetStream on nothing',
      spec: { nats: { managed: { enabled: true, jetstream: { enabled: true, size: '0' } } } },
      problems: ['spec.nats.managed.jetstream.size: Invalid value: "0": must be a size greater than 0, such as 1Gi'],
    },
    {
      title: 'an invalid image',
      spec: { nats: { managed: { enabled: true, image: 'nats 2' } } },
      problems: [`spec.nats.managed.image: Invalid value: "nats 2": ${NO_IMAGE}`],
    },
    {
      title: 'a key of no Secret',
      spec: { nats: { managed, token: { generate: false, secretKeyRef: { key: 'token' } } } },
      problems: ['spec.nats.token.secretKeyRef.secret: Required value'],
    },
    {
      title: 'a key that can be none',
      spec: { nats: { managed, token: { generate: false, secretKeyRef: { secret: { name: 'a' }, key: 'a/b' } } } },
      problems: [
        "spec.nats.token.secretKeyRef.key: Invalid value: \"a/b\": must be a key of the object's data: letters, digits, '-', '_' and '.'",
      ],
    },
    {
      title: 'a Secret that can have no such name',
      spec: { nats: { managed, token: { generate: false, secretKeyRef: { secret: { name: 'A' } } } } },
      problems: [`spec.nats.token.secretKeyRef.secret.name: Invalid value: "A": ${NO_NAME}`],
    },
    {
      title: 'TLS with two certificates',
      spec: { nats: { managed, tls: { secretName: 'a', issuerRef: { name: 'b' } } } },
      problems: ['spec.nats.tls: Invalid value: must have exactly one of secretName and issuerRef'],
    },
    {
      title: 'TLS for a NATS run elsewhere',
      spec: { nats: { external: { host: 'nats.example.com' }, token: { generate: false }, tls: { secretName: 'a' } } },
      problems: [
        'spec.nats.tls: Forbidden: tls applies to a managed NATS only: for an external one, prefix external.host with tls://, and set external.caBundle to its authority',
      ],
    },
    {
      title: 'a label by which the servers are found',
      spec: { nats: { managed: { enabled: true, podLabels: { 'eevee.bot/ipcconfig': 'other' } } } },
      problems: [`spec.nats.managed.podLabels: Invalid value: must not set ${NO_SELECTING_LABEL}`],
    },
    {
      title: 'a label by which the pods of a module are found',
      spec: { nats: { managed: { enabled: true, podLabels: { 'eevee.bot/module': 'echo' } } } },
      problems: [`spec.nats.managed.podLabels: Invalid value: must not set ${NO_SELECTING_LABEL}`],
    },
    {
      title: 'a name that is too long for a cluster',
      name: `b${'o'.repeat(40)}t`,
      spec: { nats: { managed: { enabled: true, replicas: 3 } } },
      problems: [
        'metadata.name: Invalid value: must not be longer than 41 characters with several servers or JetStream: Kubernetes could not label their pods; use a shorter name',
      ],
    },
    {
      title: 'a name that is too long for JetStream',
      name: `b${'o'.repeat(40)}t`,
      spec: { nats: { managed: { enabled: true, jetstream: { enabled: true } } } },
      problems: [
        'metadata.name: Invalid value: must not be longer than 41 characters with several servers or JetStream: Kubernetes could not label their pods; use a shorter name',
      ],
    },
    {
      title: 'a name that makes no Service',
      name: 'my.bot',
      spec: { nats: { managed } },
      problems: ["metadata.name: Invalid value: must not contain a '.', which is not allowed in the name of the Service; use '-'"],
    },
  ],
};

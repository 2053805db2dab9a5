import { LABEL, NATS_SECRET_HOST_KEY, NATS_SECRET_TOKEN_KEY } from '@eeveebot/contract';
import { Type, type Static } from 'typebox';
import { caBundle, type CaBundleInput } from './ca-bundle.ts';
import { commonStatus } from './conditions.ts';
import { image, imagePullPolicy, objectName, rules, secretKeyReference, size } from './fields.ts';
import {
  affinity,
  imagePullSecrets,
  nodeSelector,
  podAnnotations,
  podLabels,
  podSecurityContext,
  priorityClassName,
  resources,
  tolerations,
  topologySpreadConstraints,
} from './pod-fields.ts';
import type { Input, ReadonlyDeep, Resource, ResourceInput } from './resource.ts';
import type { ValidationRule } from './structural-schema.ts';

const jetstream = Type.Object(
  {
    enabled: Type.Boolean({ description: 'Whether JetStream runs, with a volume for each server. A change restarts all servers at once.' }),
    size: size('Size of each volume. Existing volumes grow where their storage class allows it, and never shrink.', { default: '1Gi' }),
    storageClassName: Type.Optional(objectName("StorageClass of new volumes. The cluster's default unless given.")),
  },
  { description: "JetStream: messages that outlive the servers' pods. Off unless given." },
);

const managed = Type.Object(
  {
    enabled: Type.Boolean({
      description: `Whether the operator runs NATS. false runs none and removes one it made before; the server is then found by external.host or by the key "${NATS_SECRET_HOST_KEY}" of the token Secret.`,
    }),
    image: Type.Optional(image("Image of the NATS server. The one pinned in the operator's release unless given.")),
    imagePullPolicy: imagePullPolicy('When the node fetches the image.', { default: 'IfNotPresent' }),
    resources: Type.Optional(resources('CPU and memory of each server.')),
    replicas: Type.Integer({
      description: 'How many servers run: 1, or an odd number from 3 up for a cluster that survives the loss of one.',
      format: 'int32',
      default: 1,
      ...rules({
        rule: 'self == 1 || (self >= 3 && self % 2 == 1)',
        message: 'must be 1 or an odd number from 3 up: with an even number a cluster survives no more than with one server less',
      }),
    }),
    jetstream: Type.Optional(jetstream),
    podSecurityContext: Type.Optional(
      podSecurityContext(
        'Security context of the pods. When given, no user and group are set that it does not name: {} leaves them to the cluster, as OpenShift wants it. User and group 1000 unless given.',
      ),
    ),
    imagePullSecrets: Type.Optional(imagePullSecrets('Secrets to fetch the image with.')),
    nodeSelector: Type.Optional(nodeSelector('Labels of the nodes that servers may run on.')),
    tolerations: Type.Optional(tolerations('Taints of nodes that servers may run on nevertheless.')),
    affinity: Type.Optional(affinity('Where servers run, relative to nodes and other pods.')),
    topologySpreadConstraints: Type.Optional(
      topologySpreadConstraints('How servers are spread. Over the nodes as far as possible, for several servers, unless given.'),
    ),
    priorityClassName: Type.Optional(priorityClassName('PriorityClass of the pods.')),
    podLabels: Type.Optional(podLabels('More labels of the pods.', [LABEL.natsServer, LABEL.ipcConfig])),
    podAnnotations: Type.Optional(podAnnotations('More annotations of the pods.')),
  },
  { description: 'A NATS run by the operator in this namespace, never without authentication.' },
);

const token = Type.Object(
  {
    generate: Type.Boolean({
      description:
        'Whether the operator makes the Secret and its token when they are missing; it never overwrites a key that is there. false: the Secret must exist.',
    }),
    secretKeyRef: Type.Optional(
      secretKeyReference('Where the token is. The key "token" of the Secret eevee-<name>-nats-auth unless given.', {
        default: NATS_SECRET_TOKEN_KEY,
      }),
    ),
  },
  {
    description: 'The token that servers and modules share. Generated for a managed NATS unless given.',
    ...rules({
      rule: `!has(self.secretKeyRef) || self.secretKeyRef.key != '${NATS_SECRET_HOST_KEY}'`,
      message: `must not be ${NATS_SECRET_HOST_KEY}, which is the key of the server's host name: the token would be that name`,
      fieldPath: '.secretKeyRef.key',
    }),
  },
);

const external = Type.Object(
  {
    host: Type.String({
      description: 'Where the server is: a host name or address, with :port unless it is 4222, and with tls:// in front if TLS is wanted.',
      maxLength: 512,
      ...rules({
        rule: "self.matches(r'^((nats|tls)://)?([a-zA-Z0-9]([-a-zA-Z0-9_.]*[a-zA-Z0-9])?|\\[[0-9a-fA-F:.]+\\])(:[0-9]{1,5})?$')",
        message:
          'must be a host, such as nats.example.com, nats.example.com:4222 or tls://nats.example.com: without a path, user or spaces',
      }),
    }),
    caBundle: Type.Optional(
      caBundle(
        "PEM certificates of the authorities that the server's certificate is checked against, instead of the public ones. TLS is then required.",
      ),
    ),
  },
  { description: 'A NATS run elsewhere, with the token that spec.nats.token names.' },
);

const tls = Type.Object(
  {
    secretName: Type.Optional(
      objectName(
        'Name of a Secret with the certificate of the servers: keys tls.crt and tls.key, and ca.crt unless the authority is a public one. The certificate must name the host eevee-<name>-nats.<namespace>.svc.<cluster domain>.',
      ),
    ),
    issuerRef: Type.Optional(
      Type.Object(
        {
          name: objectName('Name of the issuer.'),
          kind: Type.String({
            description: 'Kind of the issuer: Issuer, ClusterIssuer, or one of another group.',
            maxLength: 63,
            default: 'Issuer',
          }),
          group: objectName('API group of the issuer.', { default: 'cert-manager.io' }),
        },
        { description: 'The cert-manager issuer that the operator asks for a certificate.' },
      ),
    ),
  },
  {
    description: 'TLS between modules and a managed NATS. Modules trust the authority of the certificate without further settings.',
    ...rules({
      rule: 'has(self.secretName) != has(self.issuerRef)',
      message: 'must have exactly one of secretName and issuerRef',
    }),
  },
);

export const IPC_CONFIG_SPEC = Type.Object(
  {
    nats: Type.Object(
      { managed: Type.Optional(managed), token: Type.Optional(token), external: Type.Optional(external), tls: Type.Optional(tls) },
      {
        description: 'The NATS that modules talk over.',
        ...rules(
          {
            rule: 'has(self.managed) || has(self.external)',
            message: 'must say where NATS is: add managed with enabled: true to have one run, or external with the host of yours',
          },
          {
            rule: '!has(self.external) || !has(self.managed) || !self.managed.enabled',
            message: 'external is a NATS run elsewhere, but managed.enabled is true: remove external or set managed.enabled to false',
            fieldPath: '.external',
            reason: 'FieldValueForbidden',
          },
          {
            rule: '!has(self.tls) || (has(self.managed) && self.managed.enabled)',
            message:
              'tls is for a managed NATS: for one run elsewhere put tls:// in front of external.host, and its authority into external.caBundle',
            fieldPath: '.tls',
            reason: 'FieldValueForbidden',
          },
          {
            rule: 'has(self.token) || (has(self.managed) ? self.managed.enabled : !has(self.external))',
            message:
              'must be given for a NATS that the operator does not run: add token with generate: false and the secretKeyRef of its token',
            fieldPath: '.token',
            reason: 'FieldValueRequired',
          },
        ),
      },
    ),
  },
  { description: 'How the modules of a bot reach each other.' },
);

/**
 * Longest name of an IpcConfig whose NATS is a StatefulSet: its pods carry a label with the name of the StatefulSet and a hash of ten
 * characters, and a label takes 63.
 */
const LONGEST_STATEFUL_NAME = 41;

/** Rules over the whole resource. */
export const IPC_CONFIG_RULES: readonly ValidationRule[] = [
  {
    rule:
      `size(self.metadata.name) <= ${LONGEST_STATEFUL_NAME} || !has(self.spec.nats.managed) || !self.spec.nats.managed.enabled ||` +
      ' (self.spec.nats.managed.replicas == 1 && (!has(self.spec.nats.managed.jetstream) || !self.spec.nats.managed.jetstream.enabled))',
    message: `must not be longer than ${LONGEST_STATEFUL_NAME} characters for several servers or JetStream: Kubernetes could not label their pods; use a shorter name`,
    fieldPath: '.metadata.name',
  },
  {
    rule: "!self.metadata.name.contains('.')",
    message: "must not hold a '.': it becomes part of the name of a Service, where none is allowed; use '-'",
    fieldPath: '.metadata.name',
  },
];

export const IPC_CONFIG_STATUS = Type.Object(
  {
    ...commonStatus,
    natsHost: Type.Optional(Type.String({ description: 'Host that modules are given.' })),
    tokenSecret: Type.Optional(Type.String({ description: 'Name of the Secret that holds the token.' })),
    authChecksum: Type.Optional(
      Type.String({
        description: 'Changes when host or token change: pods that use them roll then. Not the token, which it does not reveal.',
      }),
    ),
    replicas: Type.Optional(Type.Integer({ description: 'Servers that exist.', format: 'int32', minimum: 0 })),
    readyReplicas: Type.Optional(Type.Integer({ description: 'Servers that are ready.', format: 'int32', minimum: 0 })),
  },
  { description: 'What is observed; written by the operator.' },
);

type Spec = ReadonlyDeep<Static<typeof IPC_CONFIG_SPEC>>;
type Managed = NonNullable<Spec['nats']['managed']>;
type Tls = NonNullable<Spec['nats']['tls']>;
type Token = NonNullable<Spec['nats']['token']>;

/**
 * Spec of an IpcConfig as stored: fields with a default in the schema are always there when their object is.
 * Without `token` the operator manages NATS and generates the token.
 */
export interface IpcConfigSpec extends Spec {}

/** Spec of an IpcConfig as written. */
export interface IpcConfigSpecInput {
  readonly nats: {
    readonly managed?: Input<Omit<Managed, 'jetstream'>, 'imagePullPolicy' | 'replicas'> & {
      readonly jetstream?: Input<NonNullable<Managed['jetstream']>, 'size'>;
    };
    readonly token?: Omit<Token, 'secretKeyRef'> & { readonly secretKeyRef?: Input<NonNullable<Token['secretKeyRef']>, 'key'> };
    readonly external?: Omit<NonNullable<Spec['nats']['external']>, 'caBundle'> & { readonly caBundle?: CaBundleInput };
    readonly tls?: Omit<Tls, 'issuerRef'> & { readonly issuerRef?: Input<NonNullable<Tls['issuerRef']>, 'kind' | 'group'> };
  };
}

/** Status of an IpcConfig. */
export interface IpcConfigStatus extends ReadonlyDeep<Static<typeof IPC_CONFIG_STATUS>> {}

/** How modules reach each other, as the API server returns it. */
export interface IpcConfig extends Resource<'IpcConfig', IpcConfigSpec, IpcConfigStatus> {}

/** An IpcConfig as a person writes it. */
export interface IpcConfigInput extends ResourceInput<'IpcConfig', IpcConfigSpecInput> {}

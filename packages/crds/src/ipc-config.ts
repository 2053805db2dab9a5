import { NATS_SECRET_HOST_KEY, NATS_SECRET_TOKEN_KEY } from '@eeveebot/contract';
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
import type { ValidationRule } from './schema/structural-schema.ts';

const jetstream = Type.Object(
  {
    enabled: Type.Boolean({
      description: 'Whether JetStream is enabled, with one volume per server. A change restarts all servers at once.',
    }),
    size: size('Size of each volume. Existing volumes grow if their storage class allows expansion, and never shrink.', { default: '1Gi' }),
    storageClassName: Type.Optional(objectName('StorageClass of new volumes. Default: that of the cluster.')),
  },
  { description: "JetStream, which stores messages beyond the lifetime of the servers' pods. Default: disabled." },
);

const managed = Type.Object(
  {
    enabled: Type.Boolean({
      description: `Whether the operator runs NATS. If false, the operator deletes a NATS that it created before, and the server is that in external.host or in the key "${NATS_SECRET_HOST_KEY}" of the token Secret.`,
    }),
    image: Type.Optional(image("Image of the NATS server. Default: the image pinned in the operator's release.")),
    imagePullPolicy: imagePullPolicy('When the kubelet pulls the image.', { default: 'IfNotPresent' }),
    resources: Type.Optional(resources('CPU and memory of each server.')),
    replicas: Type.Integer({
      description: 'Number of servers: 1, or an odd number of at least 3 for a cluster that survives the loss of a server.',
      format: 'int32',
      default: 1,
      ...rules({
        rule: 'self == 1 || (self >= 3 && self % 2 == 1)',
        message: 'must be 1 or an odd number of at least 3: an even number survives no more failures than the next lower odd number',
      }),
    }),
    jetstream: Type.Optional(jetstream),
    podSecurityContext: Type.Optional(
      podSecurityContext(
        'Security context of the pods. If it is set, the operator does not set user and group: {} leaves them to the cluster, as OpenShift requires. Default: user and group 1000.',
      ),
    ),
    imagePullSecrets: Type.Optional(imagePullSecrets('Secrets with the credentials to pull the image.')),
    nodeSelector: Type.Optional(nodeSelector('Labels that a node must have to run the servers.')),
    tolerations: Type.Optional(tolerations('Taints of nodes that the servers tolerate.')),
    affinity: Type.Optional(affinity('Rules for the nodes that run the servers.')),
    topologySpreadConstraints: Type.Optional(
      topologySpreadConstraints('How servers are spread. Default: over as many nodes as possible if there are several servers.'),
    ),
    priorityClassName: Type.Optional(priorityClassName('PriorityClass of the pods.')),
    podLabels: Type.Optional(podLabels('Additional labels of the pods.', [])),
    podAnnotations: Type.Optional(podAnnotations('Additional annotations of the pods.')),
  },
  { description: 'NATS that the operator runs in this namespace, always with authentication.' },
);

const token = Type.Object(
  {
    generate: Type.Boolean({
      description:
        'Whether the operator creates the Secret and its token if they are missing; it never overwrites an existing key. If false, the Secret must exist.',
    }),
    secretKeyRef: Type.Optional(
      secretKeyReference('Secret and key that contain the token. Default: the key "token" of the Secret eevee-<name>-nats-auth.', {
        default: NATS_SECRET_TOKEN_KEY,
      }),
    ),
  },
  {
    description: 'Token that servers and modules share. Default for a managed NATS: a generated token.',
    ...rules({
      rule: `!has(self.secretKeyRef) || self.secretKeyRef.key != '${NATS_SECRET_HOST_KEY}'`,
      message: `must not be ${NATS_SECRET_HOST_KEY}, which is the key of the server's host name: the token would be that name`,
      fieldPath: '.secretKeyRef.key',
    }),
  },
);

/** From 1 to 65535. */
const PORT = '([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])';

const external = Type.Object(
  {
    host: Type.String({
      description: 'Host name or address of the server, with :port if it is not 4222, and with tls:// in front to use TLS.',
      maxLength: 512,
      ...rules({
        rule: `self.matches(r'^((nats|tls)://)?([a-zA-Z0-9]([-a-zA-Z0-9_.]*[a-zA-Z0-9])?|\\[[0-9a-fA-F:.]+\\])(:${PORT})?$')`,
        message:
          'must be a host, such as nats.example.com, nats.example.com:4222 or tls://nats.example.com: without a path, user or spaces, and with a port of at most 65535',
      }),
    }),
    caBundle: Type.Optional(
      caBundle(
        "PEM certificates of the authorities to trust instead of the public ones when verifying the server's certificate. TLS is then required.",
      ),
    ),
  },
  { description: 'NATS that the operator does not run. spec.nats.token refers to its token.' },
);

const tls = Type.Object(
  {
    secretName: Type.Optional(
      objectName(
        'Name of a Secret with the certificate of the servers: keys tls.crt and tls.key, and ca.crt if the authority is not public. The certificate must be valid for the host eevee-<name>-nats.<namespace>.svc.<cluster domain>. If it is also valid for *.eevee-<name>-nats-headless.<namespace>.svc, for servers and clients, the servers of a cluster use it among themselves.',
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
        { description: 'cert-manager issuer from which the operator requests a certificate.' },
      ),
    ),
  },
  {
    description:
      'TLS between modules and a managed NATS, and between the servers of a cluster if the certificate names them. Modules trust the authority of the certificate without additional settings.',
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
        description: 'NATS that the modules communicate over.',
        ...rules(
          {
            rule: 'has(self.managed) || has(self.external)',
            message: 'must define a NATS: add managed with enabled: true to run one, or external with the host of an existing one',
          },
          {
            rule: '!has(self.external) || !has(self.managed) || !self.managed.enabled',
            message: 'external is an existing NATS, but managed.enabled is true: remove external or set managed.enabled to false',
            fieldPath: '.external',
            reason: 'FieldValueForbidden',
          },
          {
            rule: '!has(self.tls) || (has(self.managed) && self.managed.enabled)',
            message:
              'tls applies to a managed NATS only: for an external one, prefix external.host with tls://, and set external.caBundle to its authority',
            fieldPath: '.tls',
            reason: 'FieldValueForbidden',
          },
          {
            rule: 'has(self.token) || (has(self.managed) ? self.managed.enabled : !has(self.external))',
            message:
              'is required for a NATS that the operator does not run: add token with generate: false and the secretKeyRef of its token',
            fieldPath: '.token',
            reason: 'FieldValueRequired',
          },
        ),
      },
    ),
  },
  { description: 'Communication between the modules of a bot.' },
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
    message: `must not be longer than ${LONGEST_STATEFUL_NAME} characters with several servers or JetStream: Kubernetes could not label their pods; use a shorter name`,
    fieldPath: '.metadata.name',
  },
  {
    rule: "!self.metadata.name.contains('.')",
    message: "must not contain a '.', which is not allowed in the name of the Service; use '-'",
    fieldPath: '.metadata.name',
  },
];

export const IPC_CONFIG_STATUS = Type.Object(
  {
    ...commonStatus,
    natsHost: Type.Optional(Type.String({ description: 'Host that modules connect to.' })),
    tokenSecret: Type.Optional(Type.String({ description: 'Name of the Secret with the token.' })),
    authChecksum: Type.Optional(
      Type.String({
        description: 'Checksum that changes with host or token, which restarts the pods that use them. It does not reveal the token.',
      }),
    ),
    replicas: Type.Optional(Type.Integer({ description: 'Number of servers.', format: 'int32', minimum: 0 })),
    readyReplicas: Type.Optional(Type.Integer({ description: 'Number of ready servers.', format: 'int32', minimum: 0 })),
  },
  { description: 'Observed state, written by the operator.' },
);

type Spec = ReadonlyDeep<Static<typeof IPC_CONFIG_SPEC>>;
type Managed = NonNullable<Spec['nats']['managed']>;
type Tls = NonNullable<Spec['nats']['tls']>;
type Token = NonNullable<Spec['nats']['token']>;

/**
 * Spec of an IpcConfig as stored: fields with a default in the schema are present whenever their object is.
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

/** Communication between modules, as the API server returns it. */
export interface IpcConfig extends Resource<'IpcConfig', IpcConfigSpec, IpcConfigStatus> {}

/** An IpcConfig as a user writes it. */
export interface IpcConfigInput extends ResourceInput<'IpcConfig', IpcConfigSpecInput> {}

import {
  annotations,
  appProtocol,
  domainName,
  dotlessName,
  duration,
  imageRepository,
  imageTag,
  labels,
  namespaceList,
  namespaceName,
  nodePort,
  objectName,
  optionalImage,
  optionalName,
  optionalProxy,
  podCount,
  portNumber,
  portText,
  quantities,
  requiredImageTag,
  servicePortName,
  targetPort,
  tolerations,
  wholeNumber,
} from './formats.ts';
import { podField as formattedField } from './pod-formats.ts';
import { ircConnection } from './irc-connection.ts';
import { networkPeer } from './network-peer.ts';
import { setting, SETTING, settings } from './settings-schema.ts';
import { fields, listOf, oneOf, text, truth, truthText, type JsonSchema } from './json-schema.ts';
import { strictSchema } from './strict-schema.ts';

/** The schema of a kind's `spec`, and of one of its fields, as the definitions have them. */
export interface SpecSchemas {
  spec(kind: string): JsonSchema;
}

/** Helm's conventional values for the names of a chart's objects. */
/** At most the length of a release's name, so that both fit into a name. */
const names = { nameOverride: { ...optionalName, maxLength: 53 }, fullnameOverride: optionalName };
/** Settings of the 2.x charts that no longer have any effect: accepted in any form. */
const unused: JsonSchema = { type: 'object' };
const pullPolicy = oneOf('Always', 'IfNotPresent', 'Never');
const imageParts = { repository: imageRepository, tag: imageTag };
/** Without a tag, the image of this release. */
const image = fields(imageParts, ['repository']);
const taggedImage = fields({ ...imageParts, tag: requiredImageTag }, ['repository', 'tag']);
/** Helm passes these to every subchart. */
const global: JsonSchema = { type: 'object' };

/**
 * Schema of the values of each chart, by the chart's name. Fields are required if the templates need them. They have defaults, so that a user
 * need not set them, but Helm removes a default for which a user sets null.
 */
export function valuesSchemas(specs: SpecSchemas): Readonly<Record<string, JsonSchema>> {
  const podFields = strictSchema(specs.spec('BotModule')).properties ?? {};
  const podField = (name: string): JsonSchema => {
    const schema = podFields[name];
    if (schema === undefined) throw new Error(`BotModule has no field ${name} to take the schema from`);
    const { description: _, ...rest } = schema;
    return rest;
  };
  return {
    crds: crdsValues(podField),
    operator: operatorValues(podField),
    bot: botValues(specs),
    eevee: fields({
      global,
      // The condition of a parent chart that has this one among its dependencies.
      enabled: truth,
      ...names,
      crds: subchart('crds'),
      operator: subchart('operator'),
      bot: subchart('bot'),
    }),
  };
}

/** A century at most: Helm writes larger numbers in a notation that Prometheus does not read. */
const hours: JsonSchema = { type: 'integer', minimum: 1, maximum: 876_600 };

/** Its own schema checks the rest. */
const subchart = (name: string): JsonSchema => ({
  description: `Values of the chart ${name}.`,
  type: 'object',
  properties: { enabled: truth },
});

/** Resources of a pod that a chart creates itself: unlike a definition, the API server accepts a quantity such as `cpu: 0.5` there. */
function podResources(podField: (name: string) => JsonSchema): JsonSchema {
  const { properties = {}, ...rest } = podField('resources');
  return { ...rest, properties: { ...properties, limits: quantities, requests: quantities } };
}

function crdsValues(podField: (name: string) => JsonSchema): JsonSchema {
  const values = {
    global,
    enabled: truth,
    ...names,
    keepDefinitions: fields({ check: truth }, ['check']),
    aggregatedRoles: fields({ create: truth }, ['create']),
    eeveeCrdJob: unused,
    serviceAccount: unused,
    kubernetesClusterDomain: text,
    update: fields(
      {
        enabled: truth,
        image,
        imagePullPolicy: pullPolicy,
        imagePullSecrets: podField('imagePullSecrets'),
        resources: podResources(podField),
        podSecurityContext: formattedField('podSecurityContext', podField('podSecurityContext')),
        nodeSelector: labels,
        tolerations: tolerations(podField('tolerations')),
      },
      ['enabled', 'image'],
    ),
  };
  return fields(values, ['keepDefinitions', 'aggregatedRoles', 'update']);
}

function operatorValues(podField: (name: string) => JsonSchema): JsonSchema {
  const formatted = (name: string): JsonSchema => formattedField(name, podField(name));
  const port: JsonSchema = { anyOf: [portNumber, portText] };
  const concurrency: JsonSchema = {
    anyOf: [
      { type: 'integer', minimum: 1, maximum: 256 },
      { type: 'string', pattern: '^([1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-6])$' },
    ],
  };
  const env = {
    httpApiPort: port,
    kubeInClusterConfig: truthText,
    logLevel: oneOf('debug', 'info', 'warn', 'error', 'verbose', 'http', 'silly'),
    logFormat: oneOf('json', 'pretty'),
    watchOtherNamespaces: truthText,
    watchNamespaces: { anyOf: [listOf(namespaceName), namespaceList] },
    leaderElection: truthText,
    concurrency,
    natsImage: optionalImage,
    backupImage: optionalImage,
    operatorApiUrl: { type: 'string', pattern: '^$|^https?://' },
    httpProxy: optionalProxy,
    httpsProxy: optionalProxy,
    noProxy: text,
  };
  const values = {
    global,
    enabled: truth,
    ...names,
    operatorApiToken: fields({ token: text, create: truth }, ['create']),
    otherOperators: fields({ check: truth }, ['check']),
    operator: fields(
      {
        replicas: wholeNumber(0),
        operator: fields(
          {
            env: fields(env, [
              'httpApiPort',
              'kubeInClusterConfig',
              'logLevel',
              'logFormat',
              'watchOtherNamespaces',
              'leaderElection',
              'concurrency',
            ]),
            image,
            imagePullPolicy: pullPolicy,
            resources: podResources(podField),
            containerSecurityContext: formatted('securityContext'),
          },
          ['env', 'image'],
        ),
        imagePullSecrets: podField('imagePullSecrets'),
        nodeSelector: labels,
        tolerations: tolerations(podField('tolerations')),
        affinity: formatted('affinity'),
        topologySpreadConstraints: formatted('topologySpreadConstraints'),
        priorityClassName: optionalName,
        podAnnotations: annotations,
        podLabels: labels,
        podSecurityContext: formatted('podSecurityContext'),
        strategy: formatted('strategy'),
        revisionHistoryLimit: wholeNumber(0),
        // A shorter period would let Kubernetes kill a process that is still finishing its work.
        terminationGracePeriodSeconds: wholeNumber(21),
      },
      ['operator'],
    ),
    eeveeOperatorService: fields(
      {
        type: oneOf('ClusterIP', 'NodePort', 'LoadBalancer'),
        ports: {
          type: 'array',
          minItems: 1,
          items: fields(
            {
              name: servicePortName,
              port: portNumber,
              protocol: oneOf('TCP', 'UDP', 'SCTP'),
              targetPort,
              nodePort,
              appProtocol,
            },
            ['port'],
          ),
        },
      },
      ['type', 'ports'],
    ),
    serviceAccount: fields({ create: truth, name: optionalName, annotations, automount: truth }, ['create', 'automount']),
    rbac: fields({ create: truth }, ['create']),
    kubernetesClusterDomain: domainName,
    podDisruptionBudget: fields({ enabled: truth, maxUnavailable: podCount }, ['enabled', 'maxUnavailable']),
    serviceMonitor: fields({ enabled: truth, interval: duration, scrapeTimeout: duration, labels }, [
      'enabled',
      'interval',
      'scrapeTimeout',
    ]),
    prometheusRule: fields({ enabled: truth, labels, backupMaxAgeHours: hours, verificationMaxAgeHours: hours }, [
      'enabled',
      'backupMaxAgeHours',
      'verificationMaxAgeHours',
    ]),
    grafanaDashboard: fields({ enabled: truth, labels, annotations }, ['enabled']),
    networkPolicy: fields({ enabled: truth, from: listOf(networkPeer) }, ['enabled']),
  };
  const optional = new Set(['global', 'enabled', ...Object.keys(names)]);
  return fields(
    values,
    Object.keys(values).filter((name) => !optional.has(name)),
  );
}

/** Modules that the chart creates itself, beside the connector. */
const MADE = ['router', 'help', 'echo'] as const;

const natsField = (schema: JsonSchema): JsonSchema => ({
  properties: { spec: { properties: { nats: { properties: { managed: { properties: schema.properties ?? {} } } } } } },
});
/** The NATS of an IpcConfig with a longer name has a single server without JetStream. */
const shortName: readonly JsonSchema[] = [
  { properties: { name: { maxLength: 41 } } },
  natsField({ properties: { replicas: { maximum: 1 }, jetstream: { properties: { enabled: { enum: [false] } } } } }),
  natsField({ properties: { enabled: { enum: [false] } } }),
];

/** Unset means: when there is a connection. */
const enabled: JsonSchema = { type: ['boolean', 'null'] };

/** A module that the chart creates itself; `spec` is merged over the BotModule, so none of its fields is required. */
function ownModule(specs: SpecSchemas, more: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const { required: _, ...spec } = strictSchema(specs.spec('BotModule'));
  return fields(
    {
      ...more,
      // Not a number: YAML reads the tag 3.10 as 3.1.
      image: taggedImage,
      spec,
    },
    ['image'],
  );
}

function botValues(specs: SpecSchemas): JsonSchema {
  const resource = (kind: string, required: readonly string[], name = objectName): JsonSchema =>
    fields({ name, spec: strictSchema(specs.spec(kind)), annotations, labels }, required);
  const values = {
    global,
    enabled: truth,
    ...names,
    name: { type: 'string', maxLength: 63, pattern: '^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$' },
    irc: listOf(ircConnection),
    connector: ownModule(specs, {}),
    ...Object.fromEntries(MADE.map((module) => [module, ownModule(specs, { enabled, moduleConfig: settings })])),
    // Both or neither: {} makes none.
    ipcConfig: { ...resource('IpcConfig', [], dotlessName), dependencies: { name: ['spec'], spec: ['name'] }, anyOf: shortName },
    botModules: listOf(resource('BotModule', ['name', 'spec'])),
    s3Stores: listOf(resource('S3Store', ['name', 'spec'])),
    backupSchedules: listOf(resource('BackupSchedule', ['name', 'spec'])),
  };
  return { ...fields(values, ['name', 'connector', ...MADE]), definitions: { [SETTING]: setting } };
}

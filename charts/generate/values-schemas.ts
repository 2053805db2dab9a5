import { fields, listOf, oneOf, strictSchema, stringMap, text, truth, truthText, wholeNumber, type JsonSchema } from './json-schema.ts';

/** The schema of a kind's `spec`, and of one of its fields, as the definitions have them. */
export interface SpecSchemas {
  spec(kind: string): JsonSchema;
}

/** Helm's conventional values for the names of a chart's objects. */
const names = { nameOverride: text, fullnameOverride: text };
/** Settings of the 2.x charts that no longer have any effect: accepted in any form. */
const unused: JsonSchema = { type: 'object' };
const pullPolicy = oneOf('Always', 'IfNotPresent', 'Never');
const imageParts = { repository: { type: 'string', minLength: 1 }, tag: text };
/** Without a tag, the image of this release. */
const image = fields(imageParts, ['repository']);
const taggedImage = fields(imageParts, ['repository', 'tag']);
/** Helm passes these to every subchart. */
const global: JsonSchema = { type: 'object' };

const labelSelector = fields({
  matchLabels: stringMap,
  matchExpressions: listOf(fields({ key: text, operator: text, values: listOf(text) }, ['key', 'operator'])),
});
/** Peer of a NetworkPolicy. */
const networkPeer: JsonSchema = fields({
  podSelector: labelSelector,
  namespaceSelector: labelSelector,
  ipBlock: fields({ cidr: text, except: listOf(text) }, ['cidr']),
});

/** Name of the schema of {@link anySetting}. */
const SETTING = 'setting';
const anySetting: JsonSchema = { $ref: `#/definitions/${SETTING}` };
/** Settings of any form, which are passed on. */
const settings: JsonSchema = { type: 'object', additionalProperties: anySetting };
/**
 * A value in settings of any form. Helm reads all numbers as floating-point numbers: larger ones, such as the ids of some chat networks, would
 * arrive as other numbers.
 */
const setting: JsonSchema = {
  description: 'Write larger numbers in quotes: Helm would change their last digits.',
  minimum: Number.MIN_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
  items: anySetting,
  additionalProperties: anySetting,
};

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

const hours: JsonSchema = { type: 'integer', minimum: 1 };

/** Its own schema checks the rest. */
const subchart = (name: string): JsonSchema => ({
  description: `Values of the chart ${name}.`,
  type: 'object',
  properties: { enabled: truth },
});

/** Resources of a pod that a chart creates itself: unlike a definition, the API server accepts a quantity such as `cpu: 0.5` there. */
function podResources(podField: (name: string) => JsonSchema): JsonSchema {
  const { properties = {}, ...rest } = podField('resources');
  const quantities: JsonSchema = { type: 'object', additionalProperties: { type: ['number', 'string'] } };
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
        nodeSelector: podField('nodeSelector'),
        tolerations: podField('tolerations'),
      },
      ['enabled', 'image'],
    ),
  };
  return fields(values, ['keepDefinitions', 'aggregatedRoles', 'update']);
}

function operatorValues(podField: (name: string) => JsonSchema): JsonSchema {
  const port: JsonSchema = {
    anyOf: [
      { type: 'integer', minimum: 1, maximum: 65535 },
      { type: 'string', pattern: '^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$' },
    ],
  };
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
    watchNamespaces: { anyOf: [listOf({ type: 'string', pattern: '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$' }), text] },
    leaderElection: truthText,
    concurrency,
    natsImage: text,
    backupImage: text,
    operatorApiUrl: { type: 'string', pattern: '^$|^https?://' },
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
            containerSecurityContext: podField('securityContext'),
          },
          ['env', 'image'],
        ),
        imagePullSecrets: podField('imagePullSecrets'),
        nodeSelector: podField('nodeSelector'),
        tolerations: podField('tolerations'),
        affinity: podField('affinity'),
        topologySpreadConstraints: listOf({ type: 'object', required: ['maxSkew', 'topologyKey', 'whenUnsatisfiable'] }),
        priorityClassName: text,
        podAnnotations: stringMap,
        podLabels: stringMap,
        podSecurityContext: podField('podSecurityContext'),
        strategy: podField('strategy'),
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
              name: text,
              port: { type: 'integer', minimum: 1, maximum: 65535 },
              protocol: oneOf('TCP', 'UDP', 'SCTP'),
              targetPort: { type: ['integer', 'string'] },
              nodePort: { type: 'integer', minimum: 1, maximum: 65535 },
              appProtocol: text,
            },
            ['port'],
          ),
        },
      },
      ['type', 'ports'],
    ),
    serviceAccount: fields({ create: truth, name: text, annotations: stringMap, automount: truth }, ['create', 'automount']),
    rbac: fields({ create: truth }, ['create']),
    kubernetesClusterDomain: { type: 'string', minLength: 1 },
    podDisruptionBudget: fields({ enabled: truth, maxUnavailable: { type: ['integer', 'string'] } }, ['enabled', 'maxUnavailable']),
    serviceMonitor: fields({ enabled: truth, interval: text, scrapeTimeout: text, labels: stringMap }, [
      'enabled',
      'interval',
      'scrapeTimeout',
    ]),
    prometheusRule: fields({ enabled: truth, labels: stringMap, backupMaxAgeHours: hours, verificationMaxAgeHours: hours }, [
      'enabled',
      'backupMaxAgeHours',
      'verificationMaxAgeHours',
    ]),
    grafanaDashboard: fields({ enabled: truth, labels: stringMap, annotations: stringMap }, ['enabled']),
    networkPolicy: fields({ enabled: truth, from: listOf(networkPeer) }, ['enabled']),
  };
  const optional = new Set(['global', 'enabled', ...Object.keys(names)]);
  return fields(
    values,
    Object.keys(values).filter((name) => !optional.has(name)),
  );
}

const secretKey = fields({ name: { type: 'string', minLength: 1 }, key: { type: 'string', minLength: 1 } }, ['name', 'key']);

/** A connection of the IRC connector in short form; `settings` accepts all other settings of the connector. */
const ircConnection: JsonSchema = fields(
  {
    // One token of a NATS subject.
    name: { type: 'string', pattern: '^[A-Za-z0-9_-]+$' },
    host: { type: 'string', minLength: 1 },
    port: { type: 'integer', minimum: 1, maximum: 65535 },
    tls: truth,
    nick: { type: 'string', pattern: '^[^\\s:#&@!]+$' },
    altNicks: listOf(text),
    username: text,
    realname: text,
    channels: { type: 'array', items: { anyOf: [{ type: 'string', minLength: 1 }, fields({ channel: text, key: text }, ['channel'])] } },
    prefix: { type: 'string', minLength: 1 },
    passwordSecret: secretKey,
    sasl: fields({ mechanism: oneOf('PLAIN', 'EXTERNAL'), account: text, passwordSecret: secretKey }),
    nickserv: fields({ account: text, passwordSecret: secretKey }),
    settings,
  },
  ['name', 'host'],
);

/** Modules that the chart creates itself, beside the connector. */
const MADE = ['router', 'help', 'echo'] as const;

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
  const name: JsonSchema = { type: 'string', maxLength: 253, pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$' };
  const resource = (kind: string, required: readonly string[]): JsonSchema =>
    fields({ name, spec: strictSchema(specs.spec(kind)), annotations: stringMap, labels: stringMap }, required);
  const values = {
    global,
    enabled: truth,
    ...names,
    name: { type: 'string', maxLength: 63, pattern: '^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$' },
    irc: listOf(ircConnection),
    connector: ownModule(specs, {}),
    ...Object.fromEntries(MADE.map((module) => [module, ownModule(specs, { enabled, moduleConfig: settings })])),
    // Both or neither: {} makes none.
    ipcConfig: { ...resource('IpcConfig', []), dependencies: { name: ['spec'], spec: ['name'] } },
    botModules: listOf(resource('BotModule', ['name', 'spec'])),
    s3Stores: listOf(resource('S3Store', ['name', 'spec'])),
    backupSchedules: listOf(resource('BackupSchedule', ['name', 'spec'])),
  };
  return { ...fields(values, ['name', 'connector', ...MADE]), definitions: { [SETTING]: setting } };
}

/** A place of the repository, and what its files may import. */
export interface Fence {
  /** Names the place in ARCHITECTURE.md; default: its globs. */
  readonly name?: string;
  /**
   * Globs of its files, relative to the root. `*` matches within a name, `**` across folders, `<kind>` one name that is the same
   * in `imports`. The first fence with a matching glob counts.
   */
  readonly files: readonly string[];
  /**
   * Imports that are allowed besides files of the place itself: globs of files, packages, `node:*`, or `npm:*` for every package
   * that is not part of this repository.
   */
  readonly imports: readonly string[];
  /** Refuses the process, the clock and random numbers: a pure file takes them as arguments. */
  readonly pure?: boolean;
  /** One reason that is not obvious, for ARCHITECTURE.md. */
  readonly why?: string;
}

const CONTRACT = '@eeveebot/contract';
const CRDS = '@eeveebot/crds';
const STORE = '@eeveebot/object-store';
const TESTING = '@eeveebot/testing';
const LIBEEVEE = '@eeveebot/libeevee';

/** Tests start real servers and may look into their own workspace only. */
const TEST_IMPORTS = [TESTING, `${TESTING}/world`, CONTRACT, CRDS, `${CRDS}/**`, STORE, LIBEEVEE, `${LIBEEVEE}/testing`, 'node:*', 'npm:*'];

const TESTS: readonly Fence[] = [
  {
    name: 'tests of an app or package',
    files: ['apps/<workspace>/**/*.test.ts', 'apps/<workspace>/test/**'],
    imports: ['apps/<workspace>/**', ...TEST_IMPORTS],
    why: 'only tests start servers',
  },
  {
    name: 'tests of a package',
    files: ['packages/<workspace>/**/*.test.ts', 'packages/<workspace>/test/**'],
    imports: ['packages/<workspace>/**', ...TEST_IMPORTS],
  },
  {
    name: 'tests of scripts, charts and examples',
    files: ['scripts/**/*.test.ts', 'scripts/test/**', 'charts/**/*.test.ts', 'charts/test/**', 'examples/test/**'],
    imports: [
      'scripts/**',
      'charts/**',
      'examples/**',
      'packages/testing/setup/**',
      'packages/crds/src/**',
      'apps/{operator,connector-irc}/src/**',
      ...TEST_IMPORTS,
    ],
    why: 'charts are compared with the settings of the apps and the metrics of the operator',
  },
];

const PACKAGES: readonly Fence[] = [
  { files: ['packages/contract/src/**'], imports: [], why: 'the names that all parts agree on depend on nothing' },
  { files: ['packages/crds/src/**'], imports: [CONTRACT, 'typebox', 'yaml'], why: 'schemas need no Kubernetes client' },
  { files: ['packages/crds/generate/**'], imports: ['packages/crds/src/**', TESTING, 'node:*'] },
  {
    files: ['packages/object-store/src/**'],
    imports: [CONTRACT, 'node:*', '@aws-sdk/client-s3', '@smithy/node-http-handler', '@smithy/types'],
  },
  { files: ['packages/libeevee/build/**'], imports: ['node:*'] },
  { files: ['packages/create-module/src/**'], imports: ['node:*'], why: 'npm runs it before anything is installed' },
  { files: ['packages/create-module/generate/**'], imports: ['packages/create-module/src/**', 'node:*'] },
];

const LIB = 'packages/libeevee/src';
/** Errors and small types beside the folders. */
const LIB_BASE = `${LIB}/*.ts`;
const LIB_PACKAGES = [CONTRACT, 'node:*', 'nats', 'nats/**', 'pino', 'prom-client', 'express', 'chokidar', 'yaml', 're2js'];
const libFolder = (folder: string, ...below: readonly string[]): Fence => ({
  files: [`${LIB}/${folder}/**`],
  imports: [LIB_BASE, ...below.map((each) => `${LIB}/${each}/**`), ...LIB_PACKAGES],
});

/** From the lowest to the highest; none knows the Kubernetes API. */
const LIBEEVEE_FOLDERS: readonly Fence[] = [
  { files: [`${LIB}/index.ts`], imports: [`${LIB}/**`, 'nats'], why: 'the public entry point, with the message type of NATS' },
  { files: [LIB_BASE], imports: [], why: 'errors and small types, for every folder' },
  libFolder('log'),
  libFolder('metrics'),
  libFolder('irc'),
  libFolder('regex', 'log'),
  libFolder('nats', 'log', 'metrics', 'process'),
  libFolder('process', 'log', 'metrics', 'nats'),
  libFolder('config', 'log', 'process'),
  libFolder('chat', 'irc', 'log', 'metrics', 'nats'),
  libFolder('module', 'chat', 'config', 'log', 'metrics', 'nats', 'process'),
  libFolder('routing', 'chat', 'module', 'regex'),
  libFolder('testing', 'chat', 'config', 'log', 'module', 'nats', 'routing'),
];

const OPERATOR = 'apps/operator/src';
/** Types of Kubernetes objects, and what is derived from Secrets. */
const OPERATOR_BASE = `${OPERATOR}/{kubernetes,foreign-objects,kinds,secret-values,secret-checksums,api-token}.ts`;
/** Types and pure functions of the runtime: they need no API server. */
const RUNTIME_TYPES = `${OPERATOR}/controller/{types,status,progress,other-controller,errors,json,message,remember}.ts`;
const operatorFolders = (...folders: readonly string[]) => folders.map((folder) => `${OPERATOR}/${folder}/**`);
const OWN_KIND = `${OPERATOR}/resources/<kind>/**`;
/** Shared by the kinds. */
const KINDS_BASE = `${OPERATOR}/resources/{applied-events,as-planned,cause-watches,paused,readiness-events,verification-events,watching}.ts`;

const OPERATOR_FOLDERS: readonly Fence[] = [
  {
    name: 'operator: main, settings, composition',
    files: [`${OPERATOR}/{main,operator,one-operator,config}.ts`],
    imports: [`${OPERATOR}/**`, CONTRACT, CRDS, STORE, '@kubernetes/client-node', 'envalid', 'node:*'],
    why: 'the only reader of the environment',
  },
  {
    name: 'operator: types of objects, values of Secrets',
    files: [OPERATOR_BASE],
    imports: [RUNTIME_TYPES, CONTRACT, CRDS, '@kubernetes/client-node', 'node:*'],
  },
  {
    files: [`${OPERATOR}/controller/**`],
    imports: [...operatorFolders('telemetry'), CONTRACT, '@kubernetes/client-node', 'undici', 'node:*'],
    why: 'a controller runtime that knows no kind of this project',
  },
  {
    files: [`${OPERATOR}/telemetry/readings/**`],
    imports: [OPERATOR_BASE, RUNTIME_TYPES, `${OPERATOR}/telemetry/*.ts`, ...operatorFolders('backup-jobs'), CONTRACT, CRDS],
    why: 'values of the metrics of resources, from the cache',
  },
  { files: [`${OPERATOR}/telemetry/**`], imports: [RUNTIME_TYPES, 'pino', 'pino-pretty', 'prom-client'] },
  {
    files: [`${OPERATOR}/diagnosis/**`],
    imports: [OPERATOR_BASE, RUNTIME_TYPES, CRDS],
    pure: true,
    why: 'why pods do not run, whatever kind made them',
  },
  {
    files: [`${OPERATOR}/pod-building/**`],
    imports: [OPERATOR_BASE, RUNTIME_TYPES, CRDS],
    pure: true,
    why: 'what the pods of all kinds have in common',
  },
  { files: [`${OPERATOR}/nats/**`], imports: [OPERATOR_BASE, RUNTIME_TYPES, CONTRACT, CRDS], pure: true },
  {
    files: [`${OPERATOR}/module-config/**`],
    imports: [`${OPERATOR}/controller/background-answers.ts`, RUNTIME_TYPES, CONTRACT, 'yaml', 'node:*'],
  },
  {
    files: [`${OPERATOR}/stores/**`],
    imports: [OPERATOR_BASE, RUNTIME_TYPES, ...operatorFolders('controller'), CONTRACT, CRDS, STORE],
    why: 'the S3 servers, as the operator asks them',
  },
  {
    files: [`${OPERATOR}/backup-jobs/**`],
    imports: [OPERATOR_BASE, RUNTIME_TYPES, ...operatorFolders('controller', 'diagnosis', 'pod-building'), CONTRACT, CRDS, STORE, 'croner'],
    why: 'the Jobs of the backup tool: what they are made of, what became of them, and which volume they hold',
  },
  {
    files: [`${OPERATOR}/resources/index.ts`],
    imports: [`${OPERATOR}/resources/**`, OPERATOR_BASE, ...operatorFolders('backup-jobs', 'stores', 'controller')],
  },
  {
    name: 'operator: shared by the kinds',
    files: [KINDS_BASE],
    imports: [OPERATOR_BASE, ...operatorFolders('controller', 'diagnosis', 'backup-jobs', 'stores'), CONTRACT, CRDS],
  },
  {
    name: 'operator: decisions and desired objects of a kind',
    files: [`${OPERATOR}/resources/<kind>/desired/**`, `${OPERATOR}/resources/<kind>/{plan,status,spec,bootstrap}.ts`],
    imports: [
      OWN_KIND,
      KINDS_BASE,
      OPERATOR_BASE,
      RUNTIME_TYPES,
      ...operatorFolders('backup-jobs', 'stores', 'diagnosis', 'pod-building', 'nats'),
      CONTRACT,
      CRDS,
    ],
    pure: true,
    why: 'the same input gives the same bytes',
  },
  {
    name: 'operator: a kind',
    files: [OWN_KIND],
    imports: [
      OWN_KIND,
      KINDS_BASE,
      OPERATOR_BASE,
      ...operatorFolders('controller', 'backup-jobs', 'stores', 'diagnosis', 'pod-building', 'nats', 'module-config'),
      CONTRACT,
      CRDS,
      'node:*',
    ],
    why: 'never another kind, never HTTP',
  },
  {
    files: [`${OPERATOR}/http/operations/**`],
    imports: [
      `${OPERATOR}/http/**`,
      OPERATOR_BASE,
      ...operatorFolders('controller', 'backup-jobs', 'stores', 'resources', 'telemetry'),
      CONTRACT,
      CRDS,
      STORE,
    ],
    why: 'what the routes do',
  },
  {
    files: [`${OPERATOR}/http/**`],
    imports: [OPERATOR_BASE, RUNTIME_TYPES, 'express', 'typebox', 'node:*'],
    why: 'takes the operations as functions',
  },
];

const BACKUP = 'apps/backup/src';
const BACKUP_PACKAGES = [CONTRACT, STORE, 'node:*', 'cli-progress', 'commander', 'envalid', 'pino', 'pino-pretty', 'typebox', 'typebox/**'];
const backupFolder = (folder: string, ...below: readonly string[]): Fence => ({
  files: [`${BACKUP}/${folder}/**`],
  imports: [`${BACKUP}/*.ts`, ...below.map((each) => `${BACKUP}/${each}/**`), ...BACKUP_PACKAGES],
});

const APPS: readonly Fence[] = [
  {
    name: 'backup tool: main, settings, command line',
    files: [`${BACKUP}/*.ts`],
    imports: [
      `${BACKUP}/**`,
      CONTRACT,
      STORE,
      'node:*',
      'cli-progress',
      'commander',
      'envalid',
      'pino',
      'pino-pretty',
      'typebox',
      'typebox/**',
    ],
  },
  backupFolder('sqlite'),
  backupFolder('file-system', 'archive'),
  backupFolder('archive', 'file-system', 'output', 'sqlite'),
  backupFolder('transfer', 'archive'),
  backupFolder('volume', 'archive', 'file-system'),
  backupFolder('settings', 'archive', 'backups'),
  backupFolder('output', 'backups', 'settings'),
  backupFolder('backups', 'archive', 'restore', 'settings', 'transfer'),
  backupFolder('restore', 'archive', 'backups', 'file-system', 'output', 'sqlite'),
  backupFolder('verification', 'archive', 'backups', 'file-system', 'restore', 'sqlite', 'volume'),
  backupFolder('commands', 'archive', 'backups', 'file-system', 'output', 'restore', 'transfer', 'verification', 'volume'),
  { files: ['apps/echo-module/src/**'], imports: [LIBEEVEE], why: 'a module knows the runtime only' },
  ...['router', 'connector-irc', 'help-module'].map((app) => ({
    files: [`apps/${app}/src/**`, `apps/${app}/generate/**`],
    imports: [LIBEEVEE, `${LIBEEVEE}/routing`, CONTRACT, 'node:*', 'npm:*'],
  })),
];

const TEST_SERVERS = 'packages/testing/src';
const TESTING_FOLDERS: readonly Fence[] = [
  { files: ['packages/testing/setup/**'], imports: ['node:*'], why: 'called by `scripts/`, never the other way round' },
  { files: [`${TEST_SERVERS}/processes/**`], imports: ['node:*'] },
  { files: [`${TEST_SERVERS}/packed/**`], imports: [`${TEST_SERVERS}/processes/**`, 'node:*'] },
  { files: [`${TEST_SERVERS}/images/**`], imports: [`${TEST_SERVERS}/binaries.ts`, 'packages/testing/setup/**', 'node:*'] },
  { files: [`${TEST_SERVERS}/node/**`], imports: [`${TEST_SERVERS}/*.ts`, `${TEST_SERVERS}/processes/**`, 'node:*'] },
  {
    files: [`${TEST_SERVERS}/irc/**`],
    imports: [
      `${TEST_SERVERS}/{binaries,eventually,certificates}.ts`,
      `${TEST_SERVERS}/processes/**`,
      'packages/testing/setup/**',
      'node:*',
      'irc-framework',
    ],
  },
  {
    files: [`${TEST_SERVERS}/in-cluster/**`],
    imports: [`${TEST_SERVERS}/binaries.ts`, `${TEST_SERVERS}/images/**`, CONTRACT, 'nats', 'node:*'],
  },
  { files: [`${TEST_SERVERS}/*.ts`], imports: [`${TEST_SERVERS}/**`, 'packages/testing/setup/**', 'node:*', 'vitest'] },
];

const TOOLS: readonly Fence[] = [
  {
    name: '`scripts/run.mjs`, `scripts/bundle.mjs`',
    files: ['scripts/*.mjs'],
    imports: ['scripts/setup/**', 'node:*', 'esbuild'],
    why: '`run.mjs` starts before npm has installed anything',
  },
  { files: ['scripts/setup/**'], imports: ['packages/testing/setup/**', 'node:*'] },
  { files: ['scripts/commands/**'], imports: ['scripts/setup/**', 'packages/testing/setup/**', 'node:*'] },
  { files: ['scripts/demo/**'], imports: [TESTING, CONTRACT, CRDS, 'nats', 'yaml', 'node:*'] },
  { files: ['scripts/pristine/**'], imports: ['scripts/setup/**', 'node:*'] },
  { files: ['scripts/prose/**', 'scripts/fences/**'], imports: ['node:*'] },
  { files: ['charts/generate/**'], imports: ['node:*', 'yaml'] },
  { files: ['charts/*/files/**'], imports: ['node:*'], why: 'runs in a Job with nothing but Node.js' },
  { files: ['bench/<part>/**'], imports: [TESTING, LIBEEVEE, CONTRACT, CRDS, 'node:*', 'npm:*'] },
  { files: ['*.config.ts'], imports: ['vitest/config'] },
];

/** Allowed imports, most specific places first. An import that a fence does not list is refused, and so is a file without a fence. */
export const FENCES: readonly Fence[] = [
  ...TESTS,
  ...PACKAGES,
  ...LIBEEVEE_FOLDERS,
  ...OPERATOR_FOLDERS,
  ...APPS,
  ...TESTING_FOLDERS,
  ...TOOLS,
];

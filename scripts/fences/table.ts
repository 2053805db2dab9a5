import { CONTRACT, CRDS, LIBEEVEE, STORE, TESTING, type Fence } from './fence.ts';
import { OPERATOR_FOLDERS } from './operator.ts';

/** Tests start real servers, and may import only files of their own workspace. */
const TEST_IMPORTS = [
  ...[TESTING, `${TESTING}/world`, CONTRACT, CRDS, `${CRDS}/**`, STORE],
  ...[LIBEEVEE, `${LIBEEVEE}/delivery`, `${LIBEEVEE}/testing`, 'node:*', 'npm:*'],
];

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
      'apps/operator/test/every-pod-field.ts',
      ...TEST_IMPORTS,
    ],
    why: 'charts are compared with the settings of the apps and the metrics of the operator',
  },
];

const PACKAGES: readonly Fence[] = [
  {
    files: ['examples/modules/<module>/src/**'],
    imports: ['examples/modules/<module>/**', LIBEEVEE, `${LIBEEVEE}/testing`, 'node:*', 'vitest'],
    why: 'modules of other authors know the runtime only',
  },
  { files: ['packages/contract/src/**'], imports: [], why: 'the names that all parts agree on depend on nothing' },
  { files: ['packages/crds/src/**'], imports: [CONTRACT, 'typebox', 'yaml'], why: 'schemas need no Kubernetes client' },
  { files: ['packages/crds/generate/**'], imports: ['packages/crds/src/**', TESTING, 'node:*'] },
  {
    files: ['packages/object-store/src/**'],
    imports: [CONTRACT, 'node:*', '@aws-sdk/client-s3', '@smithy/node-http-handler', '@smithy/types'],
  },
  { files: ['packages/libeevee/build/**'], imports: ['node:*'] },
  { files: ['packages/create-module/src/**'], imports: ['node:*'], why: 'npm runs it before anything is installed' },
  { files: ['packages/cli/src/child/**'], imports: ['node:*'], why: 'runs in the process of a module, which has its own libeevee' },
  {
    files: ['packages/cli/src/cluster/**'],
    imports: ['packages/cli/src/**', CONTRACT, CRDS, LIBEEVEE, 'node:*'],
    why: 'reads the resources, and explains their reasons',
  },
  {
    files: ['packages/cli/src/**'],
    imports: ['packages/cli/src/{child,cluster}/**', CONTRACT, LIBEEVEE, `${LIBEEVEE}/testing`, 'chokidar', 'commander', 'node:*'],
    why: 'starts the parts of a bot as programs, and imports none',
  },
  { files: ['packages/cli/build/**'], imports: ['scripts/bundled/**', 'node:*', 'esbuild'] },
  { files: ['packages/create-module/generate/**'], imports: ['packages/create-module/src/**', 'node:*'] },
];

const LIB = 'packages/libeevee/src';
/** Errors and small types beside the folders. */
const LIB_BASE = `${LIB}/*.ts`;
const LIB_PACKAGES = [
  CONTRACT,
  'node:*',
  'nats',
  'nats/**',
  'prom-client',
  'prom-client/lib/*',
  'express',
  'chokidar',
  'yaml',
  're2js',
  'croner',
];
const libFolder = (folder: string, ...below: readonly string[]): Fence => ({
  files: [`${LIB}/${folder}/**`],
  imports: [LIB_BASE, ...below.map((each) => `${LIB}/${each}/**`), ...LIB_PACKAGES],
});

/** From the lowest to the highest; none knows the Kubernetes API. */
const LIBEEVEE_FOLDERS: readonly Fence[] = [
  { files: [`${LIB}/index.ts`], imports: [`${LIB}/**`, 'nats'], why: 'the public entry point, with the message type of NATS' },
  { files: [LIB_BASE], imports: ['node:*'], why: 'errors and small types, for every folder' },
  libFolder('log'),
  libFolder('metrics'),
  libFolder('irc'),
  libFolder('regex', 'log'),
  libFolder('nats', 'log', 'metrics'),
  libFolder('process', 'log', 'metrics', 'nats'),
  libFolder('http', 'log', 'metrics'),
  libFolder('config', 'log', 'process'),
  libFolder('delivery', 'log', 'metrics', 'nats'),
  libFolder('chat', 'delivery', 'irc', 'log', 'metrics', 'nats'),
  libFolder('store', 'log'),
  libFolder('schedule', 'log', 'nats', 'store'),
  libFolder('conversation', 'chat', 'log', 'metrics', 'nats', 'regex'),
  libFolder(
    'module',
    'chat',
    'config',
    'conversation',
    'delivery',
    'http',
    'irc',
    'log',
    'metrics',
    'nats',
    'process',
    'regex',
    'schedule',
    'store',
  ),
  libFolder('routing', 'chat', 'module', 'regex'),
  libFolder('testing', 'chat', 'config', 'irc', 'log', 'module', 'nats', 'regex', 'routing', 'schedule', 'store'),
];

const BACKUP = 'apps/backup/src';
const BACKUP_PACKAGES = [CONTRACT, STORE, 'node:*', 'cli-progress', 'commander', 'envalid', 'pino', 'pino-pretty', 'typebox', 'typebox/**'];
const backupFolder = (folder: string, ...below: readonly string[]): Fence => ({
  files: [`${BACKUP}/${folder}/**`],
  imports: [`${BACKUP}/*.ts`, ...below.map((each) => `${BACKUP}/${each}/**`), ...BACKUP_PACKAGES],
});

const APPS: readonly Fence[] = [
  {
    files: [`${BACKUP}/main.ts`],
    imports: [`${BACKUP}/*.ts`, `${BACKUP}/{commands,output,settings,volume}/**`, CONTRACT, STORE, 'node:*'],
    why: 'the only reader of arguments and environment',
  },
  { files: [`${BACKUP}/*.ts`], imports: [CONTRACT, STORE], why: 'errors and small functions, for every folder' },
  backupFolder('sqlite'),
  backupFolder('file-system'),
  backupFolder('archive', 'file-system', 'sqlite'),
  backupFolder('transfer', 'archive'),
  backupFolder('volume', 'archive', 'file-system'),
  backupFolder('settings', 'archive'),
  backupFolder('output', 'settings'),
  backupFolder('backups', 'archive', 'settings', 'transfer'),
  backupFolder('restore', 'archive', 'backups', 'file-system', 'output', 'settings', 'sqlite'),
  backupFolder('verification', 'archive', 'backups', 'file-system', 'restore', 'settings', 'sqlite', 'volume'),
  backupFolder('commands', 'archive', 'backups', 'file-system', 'output', 'restore', 'settings', 'transfer', 'verification', 'volume'),
  { files: ['apps/echo-module/src/**'], imports: [LIBEEVEE], why: 'a module knows the runtime only' },
  ...['router', 'connector-irc', 'help-module'].map((app) => ({
    files: [`apps/${app}/src/**`, `apps/${app}/generate/**`],
    imports: [LIBEEVEE, `${LIBEEVEE}/delivery`, `${LIBEEVEE}/routing`, CONTRACT, 'node:*', 'npm:*'],
  })),
];

const TEST_SERVERS = 'packages/testing/src';
const TEST_SETUP = 'packages/testing/setup/**';
const testingFolder = (folder: string, below: readonly string[], ...packages: readonly string[]): Fence => ({
  files: [`${TEST_SERVERS}/${folder}/**`],
  imports: [...below.map((each) => `${TEST_SERVERS}/${each}/**`), ...packages, 'node:*'],
});

/** From the lowest to the highest. */
const TESTING_FOLDERS: readonly Fence[] = [
  { files: [TEST_SETUP], imports: ['node:*'], why: 'called by `scripts/`, never the other way round' },
  testingFolder('waiting', []),
  testingFolder('certificates', [], '@peculiar/x509', 'reflect-metadata'),
  testingFolder('kube-api', []),
  testingFolder('processes', [], TEST_SETUP),
  testingFolder('programs', [], TEST_SETUP),
  testingFolder('packed', ['processes'], TEST_SETUP),
  testingFolder('images', ['programs'], TEST_SETUP),
  testingFolder('registries', ['processes', 'programs'], TEST_SETUP),
  testingFolder('servers', ['processes', 'programs', 'waiting']),
  testingFolder('irc', ['certificates', 'processes', 'programs', 'waiting'], TEST_SETUP, 'irc-framework'),
  testingFolder('in-cluster', ['images', 'irc', 'programs'], CONTRACT, 'nats'),
  testingFolder('kubernetes', ['certificates', 'kube-api', 'processes', 'programs', 'waiting']),
  testingFolder('node', ['certificates', 'kubernetes', 'processes', 'programs'], TEST_SETUP),
  testingFolder('chat', ['irc', 'processes', 'programs', 'servers', 'waiting'], 'vitest'),
  { files: [`${TEST_SERVERS}/*.ts`], imports: [`${TEST_SERVERS}/**`, 'vitest'], why: 'the entry points' },
];

const TOOLS: readonly Fence[] = [
  {
    name: '`scripts/run.mjs`, `scripts/bundle.mjs`',
    files: ['scripts/*.mjs'],
    imports: ['scripts/setup/**', 'scripts/bundled/**', 'node:*', 'esbuild'],
    why: '`run.mjs` starts before npm has installed anything',
  },
  { files: ['scripts/setup/**'], imports: ['packages/testing/setup/**', 'node:*', 'cli-progress'] },
  { files: ['scripts/commands/**'], imports: ['scripts/setup/**', 'packages/testing/setup/**', 'node:*'] },
  { files: ['scripts/bundled/**', 'scripts/release/**'], imports: ['node:*', 'yaml'] },
  { files: ['scripts/demo/**'], imports: [TESTING, CONTRACT, CRDS, 'nats', 'yaml', 'node:*'] },
  { files: ['scripts/pristine/**'], imports: ['scripts/setup/**', 'node:*'] },
  { files: ['scripts/prose/**', 'scripts/fences/**'], imports: ['node:*'] },
  { files: ['charts/generate/**'], imports: ['node:*', 'yaml'] },
  { files: ['charts/*/files/**'], imports: ['node:*'], why: 'runs in a Job with nothing but Node.js' },
  { files: ['bench/<part>/**'], imports: [TESTING, LIBEEVEE, CONTRACT, CRDS, 'node:*', 'npm:*'] },
  { files: ['*.config.ts'], imports: ['vitest/config', 'vitest/node'] },
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

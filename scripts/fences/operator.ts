import { CONTRACT, CRDS, STORE, type Fence } from './fence.ts';

const OPERATOR = 'apps/operator/src';
/** Types of Kubernetes objects. */
const OBJECT_TYPES = `${OPERATOR}/resource-types/**`;
/** Types of Kubernetes objects, and what is derived from Secrets. */
const OPERATOR_BASE = [OBJECT_TYPES, `${OPERATOR}/secrets/**`];
const CONTROLLER = `${OPERATOR}/controller`;
/** Types and pure functions of the runtime: they need no API server. */
const RUNTIME_BASE = [`${CONTROLLER}/*.ts`, `${CONTROLLER}/objects/**`];
/** Reading cached objects, and the types of the log. */
const CACHE_READER = `${CONTROLLER}/cache/cache-reader.ts`;
const LOG = `${OPERATOR}/telemetry/log.ts`;
const runtimeFolder = (folder: string, ...below: readonly string[]): Fence => ({
  files: [`${CONTROLLER}/${folder}/**`],
  imports: [...RUNTIME_BASE, LOG, ...below.map((each) => `${CONTROLLER}/${each}/**`), CONTRACT, 'node:*'],
});
/** From the lowest to the highest: a runtime for controllers that knows no kind of this project. */
const RUNTIME_FOLDERS: readonly Fence[] = [
  { files: [`${CONTROLLER}/*.ts`], imports: [], why: 'errors and small functions, for every folder' },
  { files: [`${CONTROLLER}/objects/**`], imports: [`${CONTROLLER}/*.ts`, CONTRACT], why: 'pure functions of objects of the API' },
  {
    files: [`${CONTROLLER}/api/**`],
    imports: [...RUNTIME_BASE, LOG, CONTRACT, '@kubernetes/client-node', 'undici', 'node:*'],
    why: 'the only requests to the API server',
  },
  runtimeFolder('cache', 'api'),
  runtimeFolder('apply', 'api', 'cache'),
  runtimeFolder('lease', 'api', 'cache'),
  {
    files: [`${CONTROLLER}/run/**`],
    imports: [
      ...RUNTIME_BASE,
      ...['api', 'cache', 'apply'].map((each) => `${CONTROLLER}/${each}/**`),
      `${OPERATOR}/telemetry/*.ts`,
      'node:*',
    ],
  },
];
const operatorFolders = (...folders: readonly string[]) => folders.map((folder) => `${OPERATOR}/${folder}/**`);
const OWN_KIND = `${OPERATOR}/resources/<kind>/**`;
const API_TOKENS = `${OPERATOR}/api-token/api-tokens.ts`;
/** Shared by the kinds. */
const KINDS_BASE = `${OPERATOR}/resources/*.ts`;

/** Folders of the operator. */
export const OPERATOR_FOLDERS: readonly Fence[] = [
  {
    name: 'operator: main, settings, composition',
    files: [`${OPERATOR}/{main,operator,one-operator,config,resource-controllers}.ts`],
    imports: [`${OPERATOR}/**`, CONTRACT, CRDS, STORE, '@kubernetes/client-node', 'envalid', 'node:*'],
    why: 'the only reader of the environment',
  },
  {
    files: [OBJECT_TYPES],
    why: 'the kinds of this project and the built-in types, as their objects are read',
    imports: [...RUNTIME_BASE, CONTRACT, CRDS, '@kubernetes/client-node'],
  },
  {
    files: [`${OPERATOR}/secrets/**`],
    imports: [OBJECT_TYPES, ...RUNTIME_BASE, `${CONTROLLER}/apply/writer.ts`, 'node:*'],
    why: 'values of Secrets and what is derived from them: checksums for pods, marks of applied Secrets',
  },
  ...RUNTIME_FOLDERS,
  {
    files: [`${OPERATOR}/metric-readings/**`],
    imports: [
      ...OPERATOR_BASE,
      ...RUNTIME_BASE,
      CACHE_READER,
      `${OPERATOR}/telemetry/*.ts`,
      ...operatorFolders('backup-jobs'),
      CONTRACT,
      CRDS,
    ],
    why: 'values of the metrics of resources, from the cache',
  },
  { files: [`${OPERATOR}/telemetry/**`], imports: ['pino', 'pino-pretty', 'prom-client'] },
  {
    files: [`${OPERATOR}/diagnosis/**`],
    imports: [...OPERATOR_BASE, ...RUNTIME_BASE, CACHE_READER, CRDS],
    pure: true,
    why: 'why pods do not run, whatever kind made them',
  },
  {
    files: [`${OPERATOR}/pod-building/**`],
    imports: [...OPERATOR_BASE, ...RUNTIME_BASE, CRDS],
    pure: true,
    why: 'what the pods of all kinds have in common',
  },
  {
    files: [API_TOKENS],
    imports: ['node:*'],
    why: 'also used by the HTTP API',
  },
  {
    files: [`${OPERATOR}/api-token/**`],
    imports: [API_TOKENS, ...OPERATOR_BASE, ...operatorFolders('controller'), CONTRACT, CRDS],
    why: 'the token of the HTTP API: its check, its Secret in other namespaces, and the pods that use it',
  },
  { files: [`${OPERATOR}/nats/**`], imports: [...OPERATOR_BASE, ...RUNTIME_BASE, CONTRACT, CRDS], pure: true },
  {
    files: [`${OPERATOR}/module-config/**`],
    imports: [`${CONTROLLER}/run/{background-answers,definition}.ts`, ...RUNTIME_BASE, CONTRACT, 'yaml', 'node:*'],
  },
  {
    files: [`${OPERATOR}/stores/**`],
    imports: [...OPERATOR_BASE, ...RUNTIME_BASE, ...operatorFolders('controller'), CONTRACT, CRDS, STORE],
    why: 'the S3 servers, as the operator asks them',
  },
  {
    files: [`${OPERATOR}/backup-jobs/**`],
    imports: [
      ...OPERATOR_BASE,
      ...RUNTIME_BASE,
      ...operatorFolders('controller', 'diagnosis', 'pod-building'),
      CONTRACT,
      CRDS,
      STORE,
      'croner',
    ],
    why: 'the Jobs of the backup tool: what they are made of, what became of them, and which volume they hold',
  },
  {
    name: 'operator: shared by the kinds',
    files: [KINDS_BASE],
    imports: [...OPERATOR_BASE, ...operatorFolders('controller', 'diagnosis', 'pod-building', 'backup-jobs', 'stores'), CONTRACT, CRDS],
  },
  {
    name: 'operator: decisions and desired objects of a kind',
    files: [`${OPERATOR}/resources/<kind>/desired/**`, `${OPERATOR}/resources/<kind>/{plan,status,spec,bootstrap}.ts`],
    imports: [
      OWN_KIND,
      KINDS_BASE,
      ...OPERATOR_BASE,
      ...RUNTIME_BASE,
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
      ...OPERATOR_BASE,
      ...operatorFolders('api-token', 'controller', 'backup-jobs', 'stores', 'diagnosis', 'pod-building', 'nats', 'module-config'),
      CONTRACT,
      CRDS,
      'node:*',
    ],
    why: 'never another kind, never HTTP',
  },
  {
    files: [`${OPERATOR}/http/operations/**`],
    imports: [
      `${OPERATOR}/http/*.ts`,
      ...OPERATOR_BASE,
      ...operatorFolders('controller', 'backup-jobs', 'metric-readings', 'resources', 'stores'),
      CONTRACT,
      CRDS,
      STORE,
    ],
    why: 'what the routes do',
  },
  {
    files: [`${OPERATOR}/http/server/**`],
    imports: [`${OPERATOR}/http/*.ts`, `${OPERATOR}/http/routes/**`, API_TOKENS, ...RUNTIME_BASE, LOG, 'express', 'node:*'],
    why: 'what every request passes through before and after its route',
  },
  {
    files: [`${OPERATOR}/http/routes/**`],
    imports: [`${OPERATOR}/http/*.ts`, 'express'],
    why: 'takes the operations as functions',
  },
  {
    files: [`${OPERATOR}/http/*.ts`],
    imports: [API_TOKENS, 'express', 'typebox', 'node:*'],
    why: 'operations, schemas and errors that the folders share',
  },
];

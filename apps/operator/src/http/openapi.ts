import type { TSchema } from 'typebox';
import {
  API_HEALTH,
  BACKUP,
  BACKUP_STARTED,
  DONE,
  ERROR,
  GREETING,
  MODULE_REFERENCE,
  MODULE_SUMMARY,
  PROBE_FAILED,
  PROBE_PASSED,
} from './schemas.ts';

const OPENAPI_PATH = '/api/openapi.json';

const COMPONENTS = { Error: ERROR, BotModule: MODULE_SUMMARY, ModuleReference: MODULE_REFERENCE, Backup: BACKUP } as const;

const component = (name: keyof typeof COMPONENTS) => ({ $ref: `#/components/schemas/${name}` });
const listOf = (name: keyof typeof COMPONENTS) => ({ type: 'array', items: component(name) });
const json = (description: string, schema: TSchema | object) => ({ description, content: { 'application/json': { schema } } });
const refused = (description: string) => json(description, component('Error'));

const LIMITED = {
  '429': {
    ...refused('More than 100 requests within a minute from one address.'),
    headers: { 'Retry-After': { description: 'Seconds to wait before the next request.', schema: { type: 'integer' } } },
  },
};
const GUARDED = { '401': refused('The token is missing or not valid.'), ...LIMITED };
const NOT_READY = { '503': refused('The operator has not finished listing its resources, or cannot reach the API server.') };
const FORBIDDEN = { '403': refused('The token is valid only for another namespace.') };
const NOT_FOUND = { '404': refused('There is no such module in the namespace.') };

const ABOUT_A_MODULE = { ...GUARDED, ...FORBIDDEN, ...NOT_FOUND, ...NOT_READY };
const MAY_NOT_CHANGE = refused(
  'The operator has not finished listing its resources, cannot reach the API server, or must not work in the namespace: another operator does, or permissions for the Lease are missing.',
);

const probe = (path: string, summary: string) => ({
  [path]: {
    get: {
      summary,
      security: [],
      responses: {
        '200': json('The check passed.', PROBE_PASSED),
        '503': json('The check failed; reason contains the cause.', PROBE_FAILED),
      },
    },
  },
});

const metrics = (path: string) => ({
  [path]: {
    get: {
      summary: 'Metrics, for Prometheus.',
      security: [],
      responses: {
        '200': { description: 'The metrics in the text format of Prometheus.', content: { 'text/plain': { schema: { type: 'string' } } } },
      },
    },
  },
});

const action = (summary: string, description: string, responses: object) => ({
  post: {
    summary,
    description,
    requestBody: { required: true, content: { 'application/json': { schema: component('ModuleReference') } } },
    responses: {
      ...responses,
      '400': refused('The body is not JSON, or a field is missing or invalid.'),
      '413': refused('The body has more than 64 KiB.'),
      '502': refused('The Kubernetes API server rejected the change.'),
      ...ABOUT_A_MODULE,
      '503': MAY_NOT_CHANGE,
    },
  },
});

/** The HTTP API as an OpenAPI 3.1 document. Tests check the server's responses against it. */
export const OPENAPI_DOCUMENT = {
  openapi: '3.1.0',
  info: {
    title: 'eevee operator',
    version: '1',
    description: 'State and actions of the eevee operator over HTTP.',
    license: { name: 'CC-BY-NC-SA-4.0', identifier: 'CC-BY-NC-SA-4.0' },
  },
  servers: [{ url: 'http://eevee-eevee-operator-service:9000', description: 'Address within the operator’s namespace.' }],
  security: [{ token: [] }],
  paths: {
    '/': {
      get: { summary: 'Name and time of the server.', security: [], responses: { '200': json('The operator.', GREETING), ...LIMITED } },
    },
    ...probe('/health', 'Liveness of the operator.'),
    ...probe('/readyz', 'Readiness of the operator: it has listed all resources that it watches.'),
    ...metrics('/metrics'),
    ...metrics('/api/metrics'),
    [OPENAPI_PATH]: {
      get: { summary: 'This document.', security: [], responses: { '200': json('This document.', { type: 'object' }), ...LIMITED } },
    },
    '/api/health': { get: { summary: 'Checks the token.', responses: { '200': json('The token is valid.', API_HEALTH), ...GUARDED } } },
    '/api/bot-modules': {
      get: {
        summary: 'Lists the modules that the token gives access to.',
        responses: { '200': json('The modules, ordered by namespace and name.', listOf('BotModule')), ...GUARDED, ...NOT_READY },
      },
    },
    '/api/action/restart-module': action(
      'Replaces the pods of a module.',
      'Works like `kubectl rollout restart` and follows the rollout strategy of the module.',
      {
        '200': json('The restart has started.', DONE),
        '409': refused('Several modules have this name, or the module is not running.'),
      },
    ),
    '/api/action/backup-now': action(
      'Starts a backup of a module.',
      'The module must name a BackupSchedule, which provides the settings of the backup.',
      {
        '200': json('The backup has started.', BACKUP_STARTED),
        '409': refused('Several modules have this name, or the module cannot be backed up now.'),
      },
    ),
    '/api/backups': {
      get: {
        summary: 'Lists the backups of a module.',
        description: 'Searches the stores that backupSchedule and bootstrapFromBackup of the module refer to.',
        parameters: Object.entries(MODULE_REFERENCE.properties).map(([name, schema]) => ({
          name,
          in: 'query',
          required: name === 'moduleName',
          schema,
        })),
        responses: {
          '200': json('The backups, newest first.', listOf('Backup')),
          '400': refused('moduleName is missing, or a parameter is invalid.'),
          '409': refused('Several modules have this name, or the module has no store that can be queried.'),
          '502': refused('The store could not be queried.'),
          ...ABOUT_A_MODULE,
        },
      },
    },
  },
  components: {
    schemas: COMPONENTS,
    securitySchemes: {
      token: {
        type: 'http',
        scheme: 'bearer',
        description:
          'The token in the Secret eevee-operator-api-token. The token in the operator’s namespace gives access to all namespaces, a token in another namespace only to that namespace.',
      },
    },
  },
} as const;

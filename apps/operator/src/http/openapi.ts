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
    headers: { 'Retry-After': { description: 'Seconds until the next request may be sent.', schema: { type: 'integer' } } },
  },
};
const GUARDED = { '401': refused('No token, or one that is not valid.'), ...LIMITED };
const NOT_READY = { '503': refused('The operator has not read the cluster yet, or cannot reach it.') };
const FORBIDDEN = { '403': refused('The token gives access to another namespace only.') };
const NOT_FOUND = { '404': refused('There is no such module in that namespace.') };

const ABOUT_A_MODULE = { ...GUARDED, ...FORBIDDEN, ...NOT_FOUND, ...NOT_READY };

const probe = (path: string, summary: string) => ({
  [path]: {
    get: {
      summary,
      security: [],
      responses: { '200': json('It is.', PROBE_PASSED), '503': json('It is not.', PROBE_FAILED) },
    },
  },
});

const metrics = (path: string) => ({
  [path]: {
    get: {
      summary: 'Metrics, for Prometheus.',
      security: [],
      responses: {
        '200': { description: 'In the text format of Prometheus.', content: { 'text/plain': { schema: { type: 'string' } } } },
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
      '400': refused('The body is not JSON, or a field is missing or wrong.'),
      '413': refused('The body has more than 64 KiB.'),
      '502': refused('The API server of Kubernetes refused the change.'),
      ...ABOUT_A_MODULE,
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
  servers: [{ url: 'http://eevee-eevee-operator-service:9000', description: 'From within the operator’s namespace.' }],
  security: [{ token: [] }],
  paths: {
    '/': {
      get: { summary: 'Name and time of the server.', security: [], responses: { '200': json('The operator.', GREETING), ...LIMITED } },
    },
    ...probe('/health', 'Whether the operator is alive.'),
    ...probe('/readyz', 'Whether the operator has read all that it watches.'),
    ...metrics('/metrics'),
    ...metrics('/api/metrics'),
    [OPENAPI_PATH]: {
      get: { summary: 'This document.', security: [], responses: { '200': json('This document.', { type: 'object' }), ...LIMITED } },
    },
    '/api/health': { get: { summary: 'Whether the token is valid.', responses: { '200': json('It is.', API_HEALTH), ...GUARDED } } },
    '/api/bot-modules': {
      get: {
        summary: 'All modules that the token gives access to.',
        responses: { '200': json('By namespace and name.', listOf('BotModule')), ...GUARDED, ...NOT_READY },
      },
    },
    '/api/action/restart-module': action(
      'Replaces the pods of a module.',
      'As `kubectl rollout restart` does: one after the other, where the strategy of the module has it so.',
      {
        '200': json('The restart has begun.', DONE),
        '409': refused('Several modules have that name, or the one that has it does not run.'),
      },
    ),
    '/api/action/backup-now': action('Starts a backup of a module.', 'It must name a BackupSchedule, whose settings are taken.', {
      '200': json('The backup has begun.', BACKUP_STARTED),
      '409': refused('Several modules have that name, or the one that has it cannot be backed up now.'),
    }),
    '/api/backups': {
      get: {
        summary: 'The backups of a module.',
        description: 'Those in the stores that its backupSchedule and its bootstrapFromBackup name.',
        parameters: Object.entries(MODULE_REFERENCE.properties).map(([name, schema]) => ({
          name,
          in: 'query',
          required: name === 'moduleName',
          schema,
        })),
        responses: {
          '200': json('The newest first.', listOf('Backup')),
          '400': refused('moduleName is missing, or a parameter is wrong.'),
          '409': refused('Several modules have that name, or the one that has it names no store that can be asked.'),
          '502': refused('The store could not be asked.'),
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
          'The token of the Secret eevee-operator-api-token. The token of the operator’s namespace gives access to all namespaces, the others only to their own.',
      },
    },
  },
} as const;

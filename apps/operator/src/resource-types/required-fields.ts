import { isRecord } from '../controller/json.ts';

/** Required fields: the value of a text that is missing, or the required fields of an object. A name with `?` is of an optional object. */
export interface RequiredFields {
  readonly [field: string]: string | RequiredFields;
}

const NAMED = { name: '' };
const SECRET_KEY = { secretKeyRef: { secret: NAMED, key: '' } };

/** Fields that the definitions require in `spec`, by kind. */
export const REQUIRED_FIELDS = {
  BotModule: { moduleName: '', image: '', 'backupSchedule?': NAMED, 'bootstrapFromBackup?': { s3Store: NAMED } },
  IpcConfig: { nats: {} },
  S3Store: { endpoint: '', bucket: '', accessId: SECRET_KEY, accessKey: SECRET_KEY },
  BackupSchedule: { schedule: '', s3Store: NAMED },
  BackupRestore: { botModule: NAMED, s3Store: NAMED },
} as const satisfies Record<string, RequiredFields>;

/**
 * `value` with empty texts and objects for required fields that it lacks. A resource that was stored under another definition may lack some:
 * it is then reported like one that names nothing, instead of stopping the work on others.
 *
 * @returns `value` itself if it lacks none.
 */
export function withRequiredFields<T>(value: T, fields: RequiredFields): T {
  const given: Readonly<Record<string, unknown>> = isRecord(value) ? value : {};
  const added: Record<string, unknown> = {};
  for (const [key, required] of Object.entries(fields)) {
    const isOptional = key.endsWith('?');
    const name = isOptional ? key.slice(0, -1) : key;
    const current = given[name];
    if (isOptional && current === undefined) continue;
    const complete = typeof required === 'string' ? (current ?? required) : withRequiredFields(current, required);
    if (complete !== current) added[name] = complete;
  }
  return value !== undefined && Object.keys(added).length === 0 ? value : ({ ...given, ...added } as T);
}

import { VERIFICATION_MODES, type VerificationMode } from '@eeveebot/contract';
import { Type } from 'typebox';
import { time } from './fields.ts';

/** Whether a condition holds. */
export type ConditionStatus = 'True' | 'False' | 'Unknown';

/**
 * One aspect of a resource's state, as Kubernetes' own `metav1.Condition`.
 *
 * @see https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#typical-status-properties
 */
export interface Condition {
  /** What is spoken of, e.g. `Ready`; unique in the list. */
  readonly type: string;
  readonly status: ConditionStatus;
  /** `metadata.generation` that was looked at. */
  readonly observedGeneration?: number;
  /** RFC 3339; moves only when `status` does. */
  readonly lastTransitionTime: string;
  /** UpperCamelCase. */
  readonly reason: string;
  /** For a person: the deepest known cause. May be empty. */
  readonly message: string;
}

const condition = Type.Object(
  {
    type: Type.String({ description: 'What is spoken of, e.g. Ready.', minLength: 1, maxLength: 316 }),
    status: Type.Unsafe<ConditionStatus>({ type: 'string', enum: ['True', 'False', 'Unknown'], description: 'Whether it holds.' }),
    observedGeneration: Type.Optional(
      Type.Integer({ description: 'The metadata.generation that was looked at.', format: 'int64', minimum: 0 }),
    ),
    lastTransitionTime: time('When status changed last.'),
    reason: Type.String({ description: 'Why, in one UpperCamelCase word.', minLength: 1, maxLength: 1024 }),
    message: Type.String({ description: 'Why, in words: the deepest known cause.', maxLength: 32768 }),
  },
  { description: 'One aspect of the state of a resource.' },
);

/**
 * `status.observedGeneration` of a resource that has not been seen: it differs from every generation, so that tools which
 * compare the two wait for the operator.
 */
export const UNSEEN_GENERATION = -1;

/** What every kind's status has. */
export const commonStatus = {
  observedGeneration: Type.Optional(
    Type.Integer({
      description:
        'The metadata.generation that the rest of the status was computed from: when it is smaller, a change has not been looked at yet; -1 before the resource has been seen.',
      format: 'int64',
      minimum: UNSEEN_GENERATION,
      default: UNSEEN_GENERATION,
    }),
  ),
  conditions: Type.Optional(
    Type.Unsafe<readonly Condition[]>({
      type: 'array',
      description: 'What is known of the state, one entry a type. Ready is always there once the resource has been seen.',
      items: condition,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    }),
  ),
};

/** How a backup ended. An incomplete one exists in the bucket and can be restored, but lacks files that could not be read. */
export type BackupOutcome = 'Succeeded' | 'Incomplete' | 'Failed';

/** Result of the last backup of a module. */
export const lastBackup = (description: string) =>
  Type.Object(
    {
      id: Type.Optional(Type.String({ description: 'Identity of the backup: what backupId takes to restore it.' })),
      key: Type.Optional(Type.String({ description: 'Key of the archive in the bucket.' })),
      time: time('When it ended.'),
      sizeBytes: Type.Optional(Type.Integer({ description: 'Size of the archive in bytes.', format: 'int64', minimum: 0 })),
      uncompressedBytes: Type.Optional(
        Type.Integer({ description: 'Size of the files in the archive, in bytes.', format: 'int64', minimum: 0 }),
      ),
      allocatedBytes: Type.Optional(
        Type.Integer({
          description: 'Size of the files without their holes, in bytes: the room that they take where they are restored.',
          format: 'int64',
          minimum: 0,
        }),
      ),
      durationSeconds: Type.Optional(Type.Number({ description: 'How long it took, in seconds.', minimum: 0 })),
      files: Type.Optional(Type.Integer({ description: 'Entries in the archive.', format: 'int64', minimum: 0 })),
      sha256: Type.Optional(Type.String({ description: 'SHA-256 of the archive, hexadecimal.' })),
      result: Type.Unsafe<BackupOutcome>({
        type: 'string',
        enum: ['Succeeded', 'Incomplete', 'Failed'],
        description: 'How it ended. Incomplete: the backup exists but lacks files that could not be read; message lists them.',
      }),
      doubt: Type.Optional(
        Type.String({
          description:
            'Why the backup does not count as a good one: retention keeps it in addition to the last good ones, not instead of them.',
        }),
      ),
      message: Type.Optional(Type.String({ description: 'Warnings, why the backup is doubtful, or why it failed.' })),
    },
    { description },
  );

/** Result of the last verification of a module's backups. */
export const lastVerification = (description: string) =>
  Type.Object(
    {
      time: time('When it ended.'),
      id: Type.Optional(Type.String({ description: 'Identity of the backup that was verified.' })),
      mode: Type.Optional(
        Type.Unsafe<VerificationMode>({ type: 'string', enum: [...VERIFICATION_MODES], description: 'How it was verified.' }),
      ),
      result: Type.Unsafe<'Succeeded' | 'Failed'>({ type: 'string', enum: ['Succeeded', 'Failed'], description: 'How it ended.' }),
      message: Type.Optional(Type.String({ description: 'What was checked, or why it failed.' })),
    },
    { description },
  );

/** When a backup was last verified with success: kept when a later verification fails. */
export const lastVerifiedTime = Type.Optional(time('When a backup was last verified successfully.'));

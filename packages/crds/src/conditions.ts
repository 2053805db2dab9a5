import { VERIFICATION_MODES, type VerificationMode } from '@eeveebot/contract';
import { Type } from 'typebox';
import { time } from './fields.ts';
import type { ConditionStatus } from './reasons/reason.ts';

/**
 * One aspect of a resource's state, as Kubernetes' own `metav1.Condition`.
 *
 * @see https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#typical-status-properties
 */
export interface Condition {
  /** Type of the condition, e.g. `Ready`; unique in the list. */
  readonly type: string;
  readonly status: ConditionStatus;
  /** `metadata.generation` that the condition was computed from. */
  readonly observedGeneration?: number;
  /** RFC 3339; changes only when `status` changes. */
  readonly lastTransitionTime: string;
  /** UpperCamelCase. */
  readonly reason: string;
  /** The deepest known cause, for humans. May be empty. */
  readonly message: string;
}

const condition = Type.Object(
  {
    type: Type.String({ description: 'Type of the condition, such as Ready.', minLength: 1, maxLength: 316 }),
    status: Type.Unsafe<ConditionStatus>({
      type: 'string',
      enum: ['True', 'False', 'Unknown'],
      description: 'Whether the condition is true.',
    }),
    observedGeneration: Type.Optional(
      Type.Integer({ description: 'The metadata.generation that the condition was computed from.', format: 'int64', minimum: 0 }),
    ),
    lastTransitionTime: time('Time when status last changed.'),
    reason: Type.String({ description: 'Reason for the status, one word in UpperCamelCase.', minLength: 1, maxLength: 1024 }),
    message: Type.String({ description: 'Human-readable explanation with the deepest known cause.', maxLength: 32768 }),
  },
  { description: 'One aspect of the state of a resource.' },
);

/**
 * `status.observedGeneration` of a resource that the operator has not processed: it differs from every generation, so that tools which
 * compare the two wait for the operator.
 */
export const UNSEEN_GENERATION = -1;

/** Fields that the status of every kind has. */
export const commonStatus = {
  observedGeneration: Type.Optional(
    Type.Integer({
      description:
        'The metadata.generation that the rest of the status was computed from. If it is smaller than metadata.generation, the operator has not processed the last change yet; it is -1 until the operator has processed the resource.',
      format: 'int64',
      minimum: UNSEEN_GENERATION,
      default: UNSEEN_GENERATION,
    }),
  ),
  conditions: Type.Optional(
    Type.Unsafe<readonly Condition[]>({
      type: 'array',
      description: 'Observed conditions, one entry per type. Ready is present once the operator has processed the resource.',
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
      id: Type.Optional(Type.String({ description: 'UUID of the backup, for backupId in a restore.' })),
      key: Type.Optional(Type.String({ description: 'Key of the archive in the bucket.' })),
      time: time('When the backup ended.'),
      sizeBytes: Type.Optional(Type.Integer({ description: 'Size of the archive in bytes.', format: 'int64', minimum: 0 })),
      uncompressedBytes: Type.Optional(
        Type.Integer({ description: 'Size of the files in the archive, in bytes.', format: 'int64', minimum: 0 }),
      ),
      allocatedBytes: Type.Optional(
        Type.Integer({
          description: 'Allocated size of the files in bytes, without the holes of sparse files: the space that they need when restored.',
          format: 'int64',
          minimum: 0,
        }),
      ),
      durationSeconds: Type.Optional(Type.Number({ description: 'Duration in seconds.', minimum: 0 })),
      files: Type.Optional(Type.Integer({ description: 'Number of entries in the archive.', format: 'int64', minimum: 0 })),
      sha256: Type.Optional(Type.String({ description: 'SHA-256 of the archive in hexadecimal.' })),
      result: Type.Unsafe<BackupOutcome>({
        type: 'string',
        enum: ['Succeeded', 'Incomplete', 'Failed'],
        description: 'Outcome of the backup. Incomplete: the backup exists without the files that could not be read; message lists them.',
      }),
      doubt: Type.Optional(
        Type.String({
          description:
            'Reason why the backup does not count as good: retention keeps it in addition to the last good backups, not instead of them.',
        }),
      ),
      message: Type.Optional(Type.String({ description: 'Warnings, or the reason why the backup is doubtful or failed.' })),
    },
    { description },
  );

/** Result of the last verification of a module's backups. */
export const lastVerification = (description: string) =>
  Type.Object(
    {
      time: time('When the verification ended.'),
      id: Type.Optional(Type.String({ description: 'UUID of the verified backup.' })),
      mode: Type.Optional(
        Type.Unsafe<VerificationMode>({ type: 'string', enum: [...VERIFICATION_MODES], description: 'Mode of the verification.' }),
      ),
      result: Type.Unsafe<'Succeeded' | 'Failed'>({
        type: 'string',
        enum: ['Succeeded', 'Failed'],
        description: 'Outcome of the verification.',
      }),
      message: Type.Optional(Type.String({ description: 'The completed checks, or the reason for the failure.' })),
    },
    { description },
  );

/** Time of the last successful verification; a later failure does not change it. */
export const lastVerifiedTime = Type.Optional(time('Time of the last successful verification.'));

import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { BackupError } from '../errors.ts';

const count = Type.Integer({ minimum: 0 });

const SIDECAR = Type.Object({
  version: Type.Literal(1),
  /** Of the archive, hexadecimal. */
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  /** Of the archive. */
  sizeBytes: count,
  /** Of the files' content. */
  uncompressedBytes: count,
  /** Of the files' content without their holes: what it takes on a disk. */
  allocatedBytes: Type.Optional(count),
  /** Entries of all kinds. */
  files: count,
  startedAt: Type.String(),
  durationSeconds: Type.Number({ minimum: 0 }),
  warnings: Type.Array(Type.String()),
  /** Name and version of what made the archive. */
  tool: Type.String(),
  /** Digest of the archived tree that does not depend on the order of the entries, hexadecimal. */
  treeDigest: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
  /** Entries that are missing because they could not be read. */
  leftOut: Type.Optional(count),
  /** Entries whose content is not of one moment: rewritten or shortened while they were read. */
  damaged: Type.Optional(count),
});

/** A sidecar that a later release may write. */
const LATER = Type.Object({ version: Type.Integer({ minimum: 2 }) });

/** What is written beside an archive once that is complete. */
export interface Sidecar extends Readonly<Static<typeof SIDECAR>> {}

/**
 * The description that `text` holds. Fields that are not known are left alone: a later release may write more.
 *
 * @throws BackupError `integrity` when it is not a sidecar; `usage` when a later release wrote it: the backup may still be good.
 */
export function parsedSidecar(text: string, key: string): Sidecar {
  try {
    const json: unknown = JSON.parse(text);
    if (Value.Check(SIDECAR, json)) return json;
    if (Value.Check(LATER, json)) {
      throw new BackupError(
        'usage',
        `${key} has the version ${json.version}: the backup was made by a later release, and needs one to be read`,
      );
    }
    const [first] = Value.Errors(SIDECAR, json);
    throw new BackupError(
      'integrity',
      `${key} does not describe a backup: ${first?.instancePath ?? ''} ${first?.message ?? 'it is malformed'}`,
    );
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new BackupError('integrity', `${key} does not describe a backup: ${error.message}`, { cause: error });
  }
}

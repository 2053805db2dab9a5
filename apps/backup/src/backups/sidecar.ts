import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { BackupError } from '../errors.ts';

const count = Type.Integer({ minimum: 0 });

const SIDECAR = Type.Object({
  version: Type.Literal(1),
  /** SHA-256 of the archive, hexadecimal. */
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  /** Size of the archive. */
  sizeBytes: count,
  /** Size of the files' content. */
  uncompressedBytes: count,
  /** Size of the files' content without holes: the space it takes on disk. */
  allocatedBytes: Type.Optional(count),
  /** Entries of all kinds. */
  files: count,
  startedAt: Type.String(),
  durationSeconds: Type.Number({ minimum: 0 }),
  warnings: Type.Array(Type.String()),
  /** Name and version of the program that made the archive. */
  tool: Type.String(),
  /** Digest of the archived tree, independent of the order of its entries, hexadecimal. */
  treeDigest: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
  /** Entries missing because they could not be read. */
  leftOut: Type.Optional(count),
  /** Entries whose content is not a consistent snapshot: rewritten or shortened while they were read. */
  damaged: Type.Optional(count),
  /** Whether a restore of the volume had not finished when the backup was made. */
  unfinishedRestore: Type.Optional(Type.Boolean()),
});

/** A backup was made by a later release, which says nothing about its state. */
export class LaterReleaseError extends BackupError {}

/** A sidecar written by a later release. */
const LATER = Type.Object({ version: Type.Integer({ minimum: 2 }) });

/** The description written next to a complete archive. */
export interface Sidecar extends Readonly<Static<typeof SIDECAR>> {}

/**
 * Parses a sidecar. Unknown fields are allowed, because a later release may add some.
 *
 * @throws BackupError `integrity` when it is invalid; LaterReleaseError `usage` when a later release wrote it, since the backup may be good.
 */
export function parsedSidecar(text: string, key: string): Sidecar {
  try {
    const json: unknown = JSON.parse(text);
    if (Value.Check(SIDECAR, json)) return json;
    if (Value.Check(LATER, json)) {
      throw new LaterReleaseError(
        'usage',
        `${key} has version ${json.version}: the backup was made by a later release; use that release to read it`,
      );
    }
    const [first] = Value.Errors(SIDECAR, json);
    throw new BackupError(
      'integrity',
      `${key} is not a valid sidecar: ${first?.instancePath ?? ''} ${first?.message ?? 'it is malformed'}`,
    );
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new BackupError('integrity', `${key} is not a valid sidecar: ${error.message}`, { cause: error });
  }
}

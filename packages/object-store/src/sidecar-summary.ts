/** The fields of a sidecar that are needed to choose, list and retain backups. */
export interface SidecarSummary {
  /** Start of the backup, by the clock of the machine that made it. */
  readonly startedAt: Date;
  /** Size of the archive. */
  readonly sizeBytes: number;
  /** Total size of the archived files. */
  readonly uncompressedBytes: number;
  /** Entries of all kinds, including the root directory. */
  readonly files: number;
  /** Entries missing from the archive because they could not be read. */
  readonly leftOut: number;
  /** Entries whose content is not a consistent snapshot. */
  readonly damaged: number;
  /** Whether a restore of the volume had not finished when the backup was made. */
  readonly unfinishedRestore: boolean;
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const isCountOrAbsent = (value: unknown): boolean => value === undefined || isCount(value);
const isTime = (value: unknown): boolean => typeof value === 'string' && !Number.isNaN(Date.parse(value));
const isText = (value: unknown): boolean => typeof value === 'string';
const isDigest = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

/**
 * Fields that a restore needs and a summary omits. A sidecar without them does not describe a restorable backup, so it must not count as
 * one when backups are chosen or removed.
 */
const RESTORE_FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  sha256: isDigest,
  durationSeconds: (value) => typeof value === 'number' && value >= 0,
  warnings: (value) => Array.isArray(value) && value.every(isText),
  tool: isText,
  allocatedBytes: isCountOrAbsent,
  treeDigest: (value) => value === undefined || isDigest(value),
};

/**
 * Parses the content of a sidecar. Returns a summary, or a text that describes the problem.
 *
 * @example
 * sidecarSummary('{"version":1,…}'); // { startedAt: …, sizeBytes: … }
 */
export function sidecarSummary(text: string): SidecarSummary | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return `is not JSON (${error.message.slice(0, 100)})`;
    throw error;
  }
  if (typeof json !== 'object' || json === null) return 'is not a JSON object';
  const problem = sidecarProblem(json as Readonly<Record<string, unknown>>);
  if (problem !== undefined) return problem;
  const { startedAt, sizeBytes, uncompressedBytes, files, leftOut = 0, damaged = 0, unfinishedRestore = false } = json as SidecarFields;
  return { startedAt: new Date(startedAt), sizeBytes, uncompressedBytes, files, leftOut, damaged, unfinishedRestore };
}

/** The fields of a sidecar that a summary contains. */
interface SidecarFields {
  readonly startedAt: string;
  readonly sizeBytes: number;
  readonly uncompressedBytes: number;
  readonly files: number;
  readonly leftOut?: number;
  readonly damaged?: number;
  readonly unfinishedRestore?: boolean;
}

/** The first invalid field of a sidecar, as a description. */
function sidecarProblem(fields: Readonly<Record<string, unknown>>): string | undefined {
  const { version, startedAt, sizeBytes, uncompressedBytes, files, leftOut, damaged, unfinishedRestore } = fields;
  if (version !== 1) return `has version ${JSON.stringify(version) ?? 'undefined'}, which this release does not support`;
  if (!isTime(startedAt)) return 'has no valid startedAt';
  if (![sizeBytes, uncompressedBytes, files].every(isCount)) return 'lacks sizeBytes, uncompressedBytes or files';
  if (![leftOut, damaged].every(isCountOrAbsent)) return 'has an invalid leftOut or damaged';
  if (unfinishedRestore !== undefined && typeof unfinishedRestore !== 'boolean') return 'has an invalid unfinishedRestore';
  const invalid = Object.entries(RESTORE_FIELDS).find(([field, isValid]) => !isValid(fields[field]));
  return invalid && `has no valid ${invalid[0]}`;
}

/** A summary takes about 200 bytes of memory. */
const MOST_CACHED = 20_000;

/**
 * Caches summaries, so that listing the same backups again reads no sidecar. Sidecars do not change; the object's version is part of the
 * key anyway.
 */
export class SidecarCache {
  readonly #summaries = new Map<string, SidecarSummary>();

  get(version: string): SidecarSummary | undefined {
    return this.#summaries.get(version);
  }

  set(version: string, summary: SidecarSummary): void {
    // A Map iterates in insertion order, oldest first.
    const [oldest] = this.#summaries.keys();
    if (this.#summaries.size >= MOST_CACHED && oldest !== undefined) this.#summaries.delete(oldest);
    this.#summaries.set(version, summary);
  }
}

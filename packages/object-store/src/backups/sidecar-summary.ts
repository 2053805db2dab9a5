/** The fields of a sidecar that choosing, listing and keeping backups needs. */
export interface SidecarSummary {
  /** When the backup began, by the clock of the machine that made it. */
  readonly startedAt: Date;
  /** Size of the archive. */
  readonly sizeBytes: number;
  /** Bytes of the archived files. */
  readonly uncompressedBytes: number;
  /** Entries of all kinds, the root directory among them. */
  readonly files: number;
  /** Entries missing from the archive because they could not be read. */
  readonly leftOut: number;
  /** Entries whose content is not of one moment. */
  readonly damaged: number;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const isText = (value: unknown): boolean => typeof value === 'string';
const isDigest = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

/**
 * Fields that a summary lacks and a restore needs. A sidecar without them does not describe a backup that can be restored, so it must
 * not pass for one where backups are chosen and removed.
 */
const RESTORE_FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  sha256: isDigest,
  durationSeconds: (value) => typeof value === 'number' && value >= 0,
  warnings: (value) => Array.isArray(value) && value.every(isText),
  tool: isText,
  allocatedBytes: (value) => value === undefined || isCount(value),
  treeDigest: (value) => value === undefined || isDigest(value),
};

/**
 * The summary that the content of a sidecar holds, or a text that says what is wrong with it.
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
  const { version, startedAt, sizeBytes, uncompressedBytes, files, leftOut = 0, damaged = 0 } = json as Readonly<Record<string, unknown>>;
  if (version !== 1) return `has the version ${JSON.stringify(version) ?? 'undefined'}, which this release does not read`;
  const date = new Date(typeof startedAt === 'string' ? startedAt : Number.NaN);
  if (Number.isNaN(date.getTime())) return 'has no valid startedAt';
  if (!isCount(sizeBytes) || !isCount(uncompressedBytes) || !isCount(files)) return 'lacks sizeBytes, uncompressedBytes or files';
  if (!isCount(leftOut) || !isCount(damaged)) return 'has an invalid leftOut or damaged';
  const invalid = Object.entries(RESTORE_FIELDS).find(([field, isValid]) => !isValid((json as Readonly<Record<string, unknown>>)[field]));
  if (invalid !== undefined) return `has no valid ${invalid[0]}`;
  return { startedAt: date, sizeBytes, uncompressedBytes, files, leftOut, damaged };
}

/** Summaries are about 200 bytes each in memory. */
const MOST_CACHED = 20_000;

/**
 * Summaries of sidecars that were read before, so that listing the same backups again reads none of them. Sidecars do not change;
 * the version of the object is part of the cache's key anyway.
 */
export class SidecarCache {
  readonly #summaries = new Map<string, SidecarSummary>();

  get(version: string): SidecarSummary | undefined {
    return this.#summaries.get(version);
  }

  set(version: string, summary: SidecarSummary): void {
    // A Map keeps the order of insertion: the oldest is first.
    const [oldest] = this.#summaries.keys();
    if (this.#summaries.size >= MOST_CACHED && oldest !== undefined) this.#summaries.delete(oldest);
    this.#summaries.set(version, summary);
  }
}

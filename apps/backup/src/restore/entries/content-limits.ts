import type { FoundBackup } from '../../backups/find-backup.ts';

/** Limits for the content of an archive. */
export interface ContentLimits {
  /** Bytes of content, including holes. */
  readonly bytes: number;
  /** Entries. */
  readonly files: number;
}

/**
 * Limits for the archive's content, from the sidecar. Without one there is no limit, because files may have holes of any length; writing to
 * disk is limited by the free space.
 */
export const contentLimits = ({ sidecar }: Pick<FoundBackup, 'sidecar'>): ContentLimits => ({
  bytes: sidecar?.uncompressedBytes ?? Number.MAX_SAFE_INTEGER,
  files: sidecar?.files ?? Number.MAX_SAFE_INTEGER,
});

import { sidecarSummary } from '@eeveebot/object-store';
import { describe, expect, it } from 'vitest';
import { BackupError } from '../errors.ts';
import { parsedSidecar, type Sidecar } from './sidecar.ts';

const SIDECAR: Required<Sidecar> = {
  ...{ version: 1, sha256: 'a'.repeat(64), sizeBytes: 7, uncompressedBytes: 9, allocatedBytes: 8, files: 2 },
  ...{ startedAt: '2026-11-23T12:00:00.000Z', durationSeconds: 1.5, warnings: ['a'], tool: 'eevee-backup 3.0.0' },
  ...{ treeDigest: 'b'.repeat(64), leftOut: 1, damaged: 1, unfinishedRestore: true },
};
const OPTIONAL: ReadonlySet<string> = new Set(['allocatedBytes', 'treeDigest', 'leftOut', 'damaged', 'unfinishedRestore']);

const refusal = (change: Readonly<Record<string, unknown>>): string | undefined => {
  try {
    parsedSidecar(JSON.stringify({ ...SIDECAR, ...change }), 'key');
    return undefined;
  } catch (error) {
    return error instanceof BackupError ? error.kind : 'another error';
  }
};
const isListed = (change: Readonly<Record<string, unknown>>): boolean =>
  typeof sidecarSummary(JSON.stringify({ ...SIDECAR, ...change })) !== 'string';

describe('a sidecar', () => {
  it('is accepted with additional fields of a later release', () => {
    expect(refusal({ more: true })).toBeUndefined();
    expect(isListed({ more: true })).toBe(true);
  });

  // A restore must be able to read every backup that a listing counts as good, because older ones are removed in favor of it.
  it.each(Object.keys(SIDECAR))('that a restore rejects because of its %s does not count in a listing', (field) => {
    for (const value of [null, {}, 'x', -1, [1], true]) {
      expect(refusal({ [field]: value }) !== undefined && isListed({ [field]: value }), JSON.stringify(value)).toBe(false);
    }
    expect(refusal({ [field]: undefined }) === undefined).toBe(OPTIONAL.has(field));
    expect(isListed({ [field]: undefined })).toBe(OPTIONAL.has(field));
  });

  it('of a later release is not reported as damaged', () => {
    expect(refusal({ version: 2 })).toBe('usage');
    expect(refusal({ version: 0 })).toBe('integrity');
  });
});

import { describe, expect, it } from 'vitest';
import { toolJob, toolPod } from '../../test/fixtures/bot-modules.ts';
import { knownVerifications, verificationOf } from './last-verification.ts';

const asked = { 'eevee.bot/backup-id': 'b7', 'eevee.bot/verification-mode': 'Restore' };
const job = (condition: 'Complete' | 'Failed' | undefined, annotations: Record<string, string> = asked) =>
  toolJob(condition, { command: 'verify', annotations, reason: 'PodFailurePolicy' });
const verified = { id: 'b7', key: 'k', mode: 'Restore', files: 3, uncompressedBytes: 90, databases: 1, sha256: 'ff', warnings: [] };
const time = '2026-01-01T00:00:09Z';

describe('the result of a verification Job', () => {
  it('reports what was checked', () => {
    expect(verificationOf(job('Complete'), [toolPod(0, JSON.stringify(verified))])).toEqual({
      time,
      id: 'b7',
      mode: 'Restore',
      result: 'Succeeded',
      message: '3 entries, 90 bytes, 1 SQLite database checked',
    });
  });

  it('reports why a backup is damaged', () => {
    expect(verificationOf(job('Failed'), [toolPod(65, '{"error":"checksum does not match"}')])).toEqual({
      time,
      id: 'b7',
      mode: 'Restore',
      result: 'Failed',
      message: 'exit 65: checksum does not match',
    });
  });

  it('names the backup that the tool chose if none was requested', () => {
    const scheduled = { 'eevee.bot/verification-mode': 'Checksum' };
    expect(verificationOf(job('Complete', scheduled), [toolPod(0, JSON.stringify({ ...verified, mode: 'Checksum' }))])).toMatchObject({
      id: 'b7',
      mode: 'Checksum',
    });
    expect(verificationOf(job('Failed', scheduled), [toolPod(65, '{"error":"cut off","id":"b8"}')])).toMatchObject({ id: 'b8' });
  });

  it('is known only from the Job if its pod is gone', () => {
    expect(verificationOf(job('Complete'), [])).toEqual({ time, id: 'b7', mode: 'Restore', result: 'Succeeded' });
  });

  it('is undefined while it runs, and for Jobs that verify nothing', () => {
    expect(verificationOf(job(undefined), [])).toBeUndefined();
    expect(verificationOf(toolJob('Complete'), [toolPod(0, JSON.stringify(verified))])).toBeUndefined();
  });
});

describe('knownVerifications', () => {
  const now = new Date('2026-02-01T00:00:00Z');
  const earlier = { time: '2026-01-01T00:00:01Z', id: 'b6', mode: 'Restore' as const, result: 'Succeeded' as const };
  const known = { lastVerified: earlier, lastVerifiedTime: earlier.time };

  it('keeps the time of the last success when a later verification fails', () => {
    expect(knownVerifications({ known, jobs: [job('Failed')], pods: [toolPod(65, '{"error":"cut off"}')], now })).toMatchObject({
      lastVerified: { id: 'b7', result: 'Failed' },
      lastVerifiedTime: earlier.time,
    });
  });

  it('updates both on success, and keeps both when the Jobs are gone', () => {
    const after = knownVerifications({ known, jobs: [job('Complete')], pods: [], now });
    expect(after).toMatchObject({ lastVerified: { id: 'b7' }, lastVerifiedTime: time });
    expect(knownVerifications({ known: after, jobs: [], pods: [], now })).toEqual(after);
  });

  it('is empty before the first verification', () => {
    expect(knownVerifications({ known: {}, jobs: [job(undefined), toolJob('Complete')], pods: [], now })).toEqual({});
  });
});

import { describe, expect, it } from 'vitest';
import { toolJob, toolPod } from '../../test/fixtures/bot-modules.ts';
import { backupOf, lastBackup, lastSuccessfulBackup } from './last-backup.ts';

const result = {
  id: 'b7',
  key: 'bots/echo/b7.tar.gz',
  sizeBytes: 10,
  uncompressedBytes: 90,
  allocatedBytes: 60,
  files: 3,
  sha256: 'ff',
  warnings: ['x grew'],
};
const said = (more: object = {}) => JSON.stringify({ ...result, ...more });
const failedWith = (code: number, message: string) => backupOf(toolJob('Failed', { reason: 'PodFailurePolicy' }), [toolPod(code, message)]);

describe('the result of a backup Job', () => {
  it('contains the report of the tool and the warnings', () => {
    expect(backupOf(toolJob('Complete'), [toolPod(0, said())])).toEqual({
      ...{ id: 'b7', key: 'bots/echo/b7.tar.gz', sizeBytes: 10, uncompressedBytes: 90, allocatedBytes: 60, files: 3, sha256: 'ff' },
      time: '2026-01-01T00:00:09Z',
      result: 'Succeeded',
      message: 'x grew',
    });
  });

  it('is Incomplete if files could not be read, and names the backup and the missing files', () => {
    expect(failedWith(78, said({ leftOut: 2, warnings: ['a: permission denied', 'b: permission denied'] }))).toMatchObject({
      result: 'Incomplete',
      id: 'b7',
      key: 'bots/echo/b7.tar.gz',
      message: '2 entries could not be read and are missing; a: permission denied; b: permission denied',
    });
  });

  it('is Incomplete if only the exit code says so, whatever the image reports', () => {
    expect(failedWith(78, 'cannot open secret.db')).toEqual({
      time: '2026-01-01T00:00:09Z',
      result: 'Incomplete',
      message: 'exit 78: cannot open secret.db',
    });
  });

  it.each([
    [64, 'the bucket is in region eu-west-1'],
    [74, 'the bucket is full: QuotaExceeded'],
  ])('with exit code %i is a failure with the message of the tool', (code, error) => {
    expect(failedWith(code, JSON.stringify({ error }))).toEqual({
      time: '2026-01-01T00:00:09Z',
      result: 'Failed',
      message: `exit ${code}: ${error}`,
    });
  });

  it.each([
    ['the tool says why', { doubt: 'it is empty', damaged: 1, warnings: [] }, 'it is empty'],
    ['files changed while they were read', { damaged: 1, warnings: [] }, '1 entry changed while being read'],
  ])('explains why the backup does not count as good if %s', (_, more, doubt) => {
    expect(backupOf(toolJob('Complete'), [toolPod(0, said(more))])).toMatchObject({ result: 'Succeeded', doubt, message: doubt });
  });

  it('is undefined for Jobs that do not make a backup', () => {
    for (const command of ['restore', 'verify'] as const) {
      expect(backupOf(toolJob('Complete', { command }), [toolPod(0, said())])).toBeUndefined();
    }
  });
});

describe('the last backup of a module', () => {
  const incomplete = { jobs: [toolJob('Failed', { reason: 'PodFailurePolicy' })], pods: [toolPod(78, said({ leftOut: 1 }))] };
  const now = new Date('2026-02-01T00:00:00Z');
  const known = { time: '2026-01-01T00:00:01Z', result: 'Succeeded' as const, id: 'b6', key: 'bots/echo/b6.tar.gz' };

  it('is the newest, even if it is incomplete', () => {
    expect(lastBackup({ known, ...incomplete, now })).toMatchObject({ id: 'b7', result: 'Incomplete' });
  });

  it('is not successful if it is incomplete', () => {
    expect(lastSuccessfulBackup({ known, ...incomplete, now })).toEqual(known);
    expect(lastSuccessfulBackup({ known: { ...known, result: 'Incomplete' }, ...incomplete, now })).toBeUndefined();
  });
});

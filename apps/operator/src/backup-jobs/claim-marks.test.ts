import { describe, expect, it } from 'vitest';
import { volumeClaim } from '../../test/fixtures/bot-modules.ts';
import { claimMarks, isLive } from './claim-marks.ts';

const claim = (annotations: Record<string, string>, metadata: object = {}) => {
  const made = volumeClaim();
  return { ...made, metadata: { ...made.metadata, annotations, ...metadata } };
};
const MARK = { 'eevee.bot/bootstrapped': 'true' };
const OWN = { ...MARK, 'eevee.bot/bootstrapped-claim': 'uid-pvc' };
const INHERITED = { ...MARK, 'eevee.bot/bootstrapped-claim': 'uid-of-the-former' };

describe('the data of a claim', () => {
  it.each([
    ['is live with the mark of an earlier release', claim(MARK), true],
    ['is live with a mark that was set on this claim', claim(OWN), true],
    ['is not live with the mark of another claim', claim(INHERITED), false],
    ['is not live without a mark', claim({}), false],
    ['is not live while the claim is being deleted', claim(OWN, { deletionTimestamp: '2026-01-01T00:00:00Z' }), false],
    ['is not live without a claim', undefined, false],
  ])('%s', (_, given, expected) => {
    expect(isLive(given)).toBe(expected);
  });
});

describe('the marks that are applied to a claim', () => {
  it('always include the valid marks', () => {
    expect(claimMarks(claim(MARK), { live: false, withUid: false })).toEqual(MARK);
    expect(claimMarks(claim(OWN), { live: false, withUid: false })).toEqual(OWN);
  });

  it('are absent on a claim whose data is not live', () => {
    expect(claimMarks(undefined, { live: false, withUid: true })).toEqual({});
    expect(claimMarks(claim(INHERITED), { live: false, withUid: true })).toEqual({});
  });

  it('record the uid of the claim where a bootstrap could follow', () => {
    expect(claimMarks(claim({}), { live: true, withUid: true })).toEqual(OWN);
    expect(claimMarks(claim(INHERITED), { live: true, withUid: false })).toEqual(OWN);
    expect(claimMarks(undefined, { live: true, withUid: true })).toEqual(MARK);
    expect(claimMarks(claim({}), { live: true, withUid: false })).toEqual(MARK);
  });
});

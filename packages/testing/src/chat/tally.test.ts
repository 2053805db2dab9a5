import { describe, expect, it } from 'vitest';
import { type LineHistory, tally } from './tally.ts';

const OUTAGE = { part: 'router', fromMs: 1_000, toMs: 2_000 };
const line = (saidMs: number, over: Partial<LineHistory> = {}): LineHistory => ({
  saidMs,
  relayedMs: saidMs + 1,
  botWasThere: true,
  answeredMs: [saidMs + 10],
  ...over,
});
const lost = (saidMs: number, over: Partial<LineHistory> = {}): LineHistory => line(saidMs, { answeredMs: [], ...over });

describe('the tally of lines', () => {
  it('is empty when every line is answered once', () => {
    expect(tally([line(0), line(1_500), line(3_000)], [OUTAGE])).toEqual({
      outages: [{ ...OUTAGE, said: 1, lostByIrc: 0, lostInTransit: 0, doubled: 0 }],
      unexplained: [],
      doubled: [],
      said: 3,
      answered: 3,
    });
  });

  it('distinguishes what IRC loses from what was in transit', () => {
    const lines = [line(0), lost(1_100, { relayedMs: undefined }), lost(1_200, { botWasThere: false }), lost(1_300)];
    expect(tally(lines, [OUTAGE]).outages).toEqual([{ ...OUTAGE, said: 3, lostByIrc: 2, lostInTransit: 1, doubled: 0 }]);
  });

  it('takes a line for in transit at a kill only if it was said as shortly before as an answer takes', () => {
    const [early, late] = [lost(980), lost(995)];
    const { outages, unexplained } = tally([line(0), early, late], [OUTAGE]);
    expect(outages[0]?.lostInTransit).toBe(1);
    expect(unexplained).toEqual([early]);
  });

  it('does not learn how long an answer takes from lines that an outage delayed', () => {
    const delayed = line(900, { answeredMs: [2_500] });
    const early = lost(950);
    expect(tally([line(0), delayed, early], [OUTAGE]).unexplained).toEqual([early]);
  });

  it('reports a line that was lost after the outage, and every one that was answered twice', () => {
    const late = lost(2_001);
    const twice = line(1_500, { answeredMs: [1_600, 1_700] });
    const { unexplained, doubled, outages } = tally([line(0), late, twice], [OUTAGE]);
    expect([unexplained, doubled, outages[0]?.doubled]).toEqual([[late], [twice], 1]);
  });
});

import { describe, expect, it } from 'vitest';
import { type LineHistory, tally } from './tally.ts';

const OUTAGE = { part: 'router', fromMs: 10_000, toMs: 20_000 };
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
    expect(tally([line(0), line(15_000), line(30_000)], [OUTAGE])).toEqual({
      outages: [{ ...OUTAGE, said: 1, lostByIrc: 0, lostInTransit: 0, doubled: 0, overtaken: 0 }],
      unexplained: [],
      doubled: [],
      overtaken: [],
      said: 3,
      answered: 3,
    });
  });

  it('distinguishes lines that IRC lost from lines that were in transit', () => {
    const lines = [line(0), lost(11_000, { relayedMs: undefined }), lost(12_000, { botWasThere: false }), lost(13_000)];
    expect(tally(lines, [OUTAGE]).outages).toEqual([{ ...OUTAGE, said: 3, lostByIrc: 2, lostInTransit: 1, doubled: 0, overtaken: 0 }]);
  });

  it('treats a line as in transit at a kill only if it was sent within the time of an answer before it', () => {
    const [early, late] = [lost(8_900), lost(9_100)];
    const { outages, unexplained } = tally([line(0), early, late], [OUTAGE]);
    expect(outages[0]?.lostInTransit).toBe(1);
    expect(unexplained).toEqual([early]);
  });

  it('allows for the slowest answer without an outage', () => {
    const slow = line(0, { answeredMs: [3_000] });
    expect(tally([slow, lost(7_500)], [OUTAGE]).unexplained).toEqual([]);
  });

  it('ignores lines that an outage delayed when it determines the time of an answer', () => {
    const delayed = line(5_000, { answeredMs: [25_000] });
    const early = lost(7_000);
    expect(tally([line(0), delayed, early], [OUTAGE]).unexplained).toEqual([early]);
  });

  it('reports lines that were answered after a later one', () => {
    const late = line(15_000, { answeredMs: [16_000] });
    const { overtaken, outages } = tally([line(14_000), late, line(15_500), line(30_000)], [OUTAGE]);
    expect([overtaken, outages[0]?.overtaken]).toEqual([[late], 1]);
  });

  it('reports a line that was lost after the outage, and every one that was answered twice', () => {
    const late = lost(20_001);
    const twice = line(15_000, { answeredMs: [16_000, 17_000] });
    const { unexplained, doubled, outages } = tally([line(0), late, twice], [OUTAGE]);
    expect([unexplained, doubled, outages[0]?.doubled]).toEqual([[late], [twice], 1]);
  });
});

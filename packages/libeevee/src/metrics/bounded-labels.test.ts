import { beforeEach, describe, expect, it } from 'vitest';
import { createModuleMetrics, recordChannel, recordMessage } from './module-metrics.ts';
import { register } from './registry.ts';

beforeEach(() => register.resetMetrics());

describe('labels', () => {
  it('counts values beyond the bound as other, so that a scrape stays small', async () => {
    const metrics = createModuleMetrics('bounded');
    for (let number = 0; number < 50_000; number++) {
      metrics.recordCommand('irc', 'libera', `#bounded-${number}`, 'success');
      metrics.recordError(`type-${number}`);
      metrics.recordNatsSubscribe(`subject-${number}`);
      metrics.recordNatsPublish(`type-${number}`);
      recordMessage('bounded', `platform-${number}`, 'incoming', 'success');
      recordChannel('bounded', `#bounded-${number}`, 'join');
    }
    const exposition = await register.metrics();
    const lines = exposition.split('\n').filter((line) => line.includes('module="bounded"'));
    expect(lines.length).toBeLessThan(2_000);
    expect(exposition).toMatch(
      /commands_total\{module="bounded",platform="irc",network="other",channel="other",result="success"\} 49\d{3}/,
    );
    expect(exposition).toMatch(/active_channels\{module="bounded",channel="other"\} 49\d{3}/);
    recordChannel('bounded', '#bounded-49999', 'part');
    expect(await register.metrics()).toMatch(/active_channels\{module="bounded",channel="other"\} 49\d{3}/);
  });
});

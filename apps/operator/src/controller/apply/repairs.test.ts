import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { Repairs } from './repairs.ts';

const object = { kind: 'Deployment', name: 'eevee-echo-module', uid: 'one' };

describe('Repairs', () => {
  it('leaves an object to a client that changes it as often as it is repaired, longer each time', async () => {
    const clock = new FakeClock();
    const repairs = new Repairs({ clock });
    const contenders = vi.fn(async () => [{ manager: 'autoscaler', fields: ['spec.replicas'] }]);
    for (const [repaired, pauseMs] of [
      [4, 30_000],
      [2, 60_000],
    ] as const) {
      for (let count = 0; count < repaired; count++) {
        expect(repairs.isContested('one')).toBe(false);
        repairs.repaired('one');
      }
      expect(repairs.isContested('one')).toBe(true);
      expect(repairs.isContested('two')).toBe(false);
      clock.advance(1_000);
      const error = await repairs.refusal(object, contenders);
      expect(error.retryAfterMs).toBe(pauseMs - 1_000);
      expect(error.message).toContain('autoscaler (spec.replicas) changes fields as often as the operator restores them');
      await repairs.refusal(object, contenders);
      clock.advance(pauseMs - 1_000);
      expect(repairs.isContested('one')).toBe(false);
    }
    expect(contenders).toHaveBeenCalledTimes(2);
  });

  it('does not pause for a few changes in a long time', () => {
    const clock = new FakeClock();
    const repairs = new Repairs({ clock });
    for (let change = 0; change < 20; change++) {
      repairs.repaired('one');
      clock.advance(21_000);
    }
    expect(repairs.isContested('one')).toBe(false);
  });
});

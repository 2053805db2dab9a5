import { expect, it } from 'vitest';
import { ManualClock } from '../../test/manual-clock.ts';
import { NickKeeper } from './nick-keeper.ts';

function keeper(): { readonly nicks: NickKeeper; readonly clock: ManualClock; readonly sent: string[]; has: boolean } {
  const clock = new ManualClock();
  const sent: string[] = [];
  const state: ReturnType<typeof keeper> = {
    clock,
    sent,
    has: true,
    nicks: new NickKeeper({
      clock,
      wanted: () => 'eevee',
      hasIt: (): boolean => state.has,
      command: (line) => void sent.push(line),
      ghost: () => false,
    }),
  };
  return state;
}

it('tries the wanted nick every 30 seconds while another client has it', () => {
  const state = keeper();
  state.has = false;
  state.nicks.changed();
  state.clock.advance(95_000);
  expect(state.sent).toEqual(['NICK eevee', 'NICK eevee', 'NICK eevee']);
});

it('waits longer each time that the network takes the nick away, up to ten minutes, and briefly again on the next connection', () => {
  const state = keeper();
  const waits: number[] = [];
  for (let loss = 0; loss < 8; loss++) {
    state.has = true;
    state.nicks.changed();
    state.has = false;
    state.nicks.changed();
    const sinceMs = state.clock.now();
    while (state.sent.length === loss) state.clock.advance(1_000);
    waits.push((state.clock.now() - sinceMs) / 1_000);
  }
  expect(waits).toEqual([30, 60, 120, 240, 480, 600, 600, 600]);
  state.nicks.stop();
  state.nicks.changed();
  state.clock.advance(30_000);
  expect(state.sent).toHaveLength(9);
});

it('tries at once when the nick becomes free', () => {
  const state = keeper();
  state.has = false;
  state.nicks.free();
  expect(state.sent).toEqual(['NICK eevee']);
});

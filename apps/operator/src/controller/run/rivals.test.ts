import { describe, expect, it } from 'vitest';
import { eventually } from '@eeveebot/testing';
import { countingServer } from '../../../test/fixtures/counting-server.ts';
import { controllerOf, runUntil, WIDGET } from '../../../test/fixtures/widget-controller.ts';
import { NotLeaderError } from '../errors.ts';

const made = { apiVersion: WIDGET.apiVersion, kind: WIDGET.kind, metadata: { namespace: 'bots', name: 'made' } };
const RIVAL = 'another operator may work in namespace bots';

describe('a reconcile that runs when this process must stop work in its namespace', () => {
  /** A controller whose first reconcile waits until `proceed` is called, and writes then. */
  async function held() {
    const [{ promise, resolve: proceed }, failures] = [Promise.withResolvers<void>(), [] as unknown[]];
    const state = { attempts: 0, rival: undefined as string | undefined, reason: undefined as unknown };
    const server = await countingServer();
    const given = controllerOf(
      async (_, { writer, signal }) => {
        state.attempts += 1;
        if (state.attempts > 1) return;
        signal.addEventListener('abort', () => (state.reason = signal.reason));
        await promise;
        // A write with a signal of its own.
        await writer.create(WIDGET, made, AbortSignal.timeout(60_000)).catch((error: unknown) => {
          failures.push(error);
          throw error;
        });
      },
      { rivalIn: (namespace) => (namespace === 'bots' ? state.rival : undefined), server: server.url },
    );
    return { ...given, proceed, failures, state, server };
  }

  it('writes nothing more, and is made again once it may work there', async () => {
    const { controller, clock, lines, series, proceed, failures, state, server } = await held();
    await runUntil(controller, async () => {
      if (state.attempts === 1 && state.rival === undefined) {
        state.rival = RIVAL;
        proceed();
      }
      return failures.length > 0;
    });
    expect(failures).toEqual([new NotLeaderError(RIVAL)]);
    expect([server.requests(), lines]).toEqual([0, []]);
    const results = async () => (await series('controller_runtime_reconcile_total')).join('\n');
    expect(await results()).toContain('result="aborted"} 1');
    await runUntil(controller, async () => {
      clock.advance(10_000);
      return (await results()).includes('result="standby"} 2');
    });
    expect(state.attempts).toBe(1);
    state.rival = undefined;
    await runUntil(controller, () => {
      clock.advance(10_000);
      return state.attempts === 2;
    });
  });

  it('is aborted within a second', async () => {
    const { controller, clock, proceed, state } = await held();
    let before: unknown;
    await runUntil(controller, async () => {
      if (state.attempts === 1) {
        clock.advance(900);
        before = state.reason;
        state.rival = RIVAL;
        clock.advance(100);
        proceed();
      }
      return state.attempts === 1;
    });
    expect([before, state.reason]).toEqual([undefined, new NotLeaderError(RIVAL)]);
    await eventually(() => clock.pendingMs().length === 0, { what: 'its timers to end' });
  });
});
